import { FlambeCommand, formatBytes, formatTable } from '../../cli/index.ts'

export default class CacheLs extends FlambeCommand {
  static override summary = 'Show what the cache holds.'
  static override description =
    'The cache is $FLAMBE_CACHE_DIR, else flambe in the cache folder of the user. All of it may be deleted at any time.'
  static override examples = ['<%= config.bin %> cache ls', '<%= config.bin %> cache ls --json']

  async run(): Promise<object> {
    const { session } = await this.open(CacheLs)
    const { listCache } = await import('../../builders/index.ts')
    const kinds = await listCache(session.cacheDirectory)
    const bytes = kinds.reduce((sum, kind) => sum + kind.bytes, 0)
    const rows = kinds.map((kind) => [
      kind.name,
      `${kind.entries}`,
      formatBytes(kind.bytes),
      session.style.dim(kind.holds),
    ])
    this.output(
      [`${session.cacheDirectory}  ${formatBytes(bytes)}`, ...rowsOf(formatTable(rows, [1, 2]))].join('\n'),
    )
    return { directory: session.cacheDirectory, bytes, kinds }
  }
}

const rowsOf = (table: string) => (table === '' ? [] : [table])
