import { Args, Flags } from '@oclif/core'
import { FlambeCommand, s3Flags, s3Options } from '../cli/index.ts'

export default class Pull extends FlambeCommand {
  static override summary = 'Copy an artifact from S3 or from a URL to a folder.'
  static override description =
    'Every file is checked by its digest; an interrupted pull goes on where it stopped.'
  static override examples = [
    '<%= config.bin %> pull s3://my-bucket/engine ./engine',
    '<%= config.bin %> pull https://example.com/engine.tar.gz ./engine --force',
  ]
  static override args = {
    artifact: Args.string({
      description: 's3://bucket/path, or a URL of a .tar.gz or a public folder',
      required: true,
    }),
    destination: Args.string({ description: 'folder to write', required: true }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', description: 'replace an earlier artifact' }),
    compress: Flags.boolean({ description: 'as one .tar.gz' }),
    ...s3Flags,
  }

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Pull)
    const { copyArtifact } = await import('../builders/index.ts')
    const { force, compress } = flags
    const options = { ...session, force, compress, s3: s3Options(flags), directory: process.cwd() }
    const { moved, ...copied } = await copyArtifact(args.artifact, args.destination, options)
    const result = { ...copied, bytesReceived: moved.in }
    this.summarize(result)
    this.output(result.location)
    return result
  }
}
