import { Args, Flags } from '@oclif/core'
import { FlambeCommand } from '../cli/index.ts'

export default class Push extends FlambeCommand {
  static override summary = 'Copy an artifact to S3.'
  static override description =
    'What is there already is not sent again; an interrupted push goes on where it stopped.'
  static override examples = [
    '<%= config.bin %> push ./out/engine s3://my-bucket/engine',
    '<%= config.bin %> push engine.tar.gz s3://my-bucket/engine --force',
  ]
  static override args = {
    artifact: Args.string({ description: 'artifact folder, .tar.gz or URL', required: true }),
    destination: Args.string({ description: 's3://bucket/path', required: true }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'replace an earlier artifact' }),
    compress: Flags.boolean({ description: 'as one .tar.gz' }),
  }

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Push)
    const { copyArtifact } = await import('../builders/index.ts')
    const location = await copyArtifact(args.artifact, args.destination, {
      ...session,
      ...flags,
      directory: process.cwd(),
    })
    this.output(location)
    return { location }
  }
}
