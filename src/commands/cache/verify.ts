import { FlambeCommand } from '../../cli/index.ts'

export default class CacheVerify extends FlambeCommand {
  static override summary = 'Check what the cache holds, and remove what is damaged.'
  static override description =
    'Reads every blob and every artifact in it; what was removed is made or fetched again.'
  static override examples = ['<%= config.bin %> cache verify']

  async run(): Promise<object> {
    const { session } = await this.open(CacheVerify)
    const { verifyCache } = await import('../../builders/index.ts')
    const { checked, removed } = await verifyCache(session.cacheDirectory, session)
    const lines = [
      ...removed.map((path) => `removed ${path}`),
      `${checked} checked, ${removed.length} damaged`,
    ]
    this.output(lines.join('\n'))
    return { directory: session.cacheDirectory, checked, removed }
  }
}
