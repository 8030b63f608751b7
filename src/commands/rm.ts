import { Args } from '@oclif/core'
import { FlambeCommand, s3Flags, s3Options } from '../cli/index.ts'
import { FlambeError } from '../errors.ts'

export default class Rm extends FlambeCommand {
  static override summary = 'Remove an artifact from S3.'
  static override description =
    'Removes its manifest first, then its files. Other objects under the prefix stay.'
  static override examples = [
    '<%= config.bin %> rm s3://my-bucket/engine',
    '<%= config.bin %> rm s3://my-bucket/engine --json',
  ]
  static override args = { artifact: Args.string({ description: 's3://bucket/path', required: true }) }
  static override flags = s3Flags

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Rm)
    if (/^(\.{0,2}\/|~)/.test(args.artifact)) {
      throw new FlambeError('USAGE', `${args.artifact} is a path, and rm removes artifacts from S3`, {
        hint: 'write s3://bucket/path; a folder on this machine goes with your own rm -r',
      })
    }
    const { removeS3Artifact } = await import('../storage/index.ts')
    const removed = await removeS3Artifact(args.artifact, { signal: session.signal, s3: s3Options(flags) })
    this.output(args.artifact)
    return { removed: args.artifact, ...removed }
  }
}
