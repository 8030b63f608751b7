import { Args } from '@oclif/core'
import { FlambeCommand, formatBytes, formatTable, s3Flags, s3Options } from '../cli/index.ts'

export default class Ls extends FlambeCommand {
  static override summary = 'List the artifacts under a place in S3.'
  static override examples = [
    '<%= config.bin %> ls s3://my-bucket',
    '<%= config.bin %> ls s3://my-bucket/models --json',
  ]
  static override args = { place: Args.string({ description: 's3://bucket[/path]', required: true }) }
  static override flags = s3Flags

  async run(): Promise<object> {
    const { args, flags, session } = await this.open(Ls)
    const { listS3Artifacts } = await import('../storage/index.ts')
    const artifacts = await listS3Artifacts(args.place, { ...session, s3: s3Options(flags) })
    const rows = artifacts.map(({ location, name, version, size, modified }) => [
      location,
      name,
      version,
      formatBytes(size),
      modified.slice(0, 16).replace('T', ' '),
    ])
    if (rows.length > 0) this.output(formatTable(rows, [3]))
    return artifacts
  }
}
