import { Flags } from '@oclif/core'
import { FlambeCommand, formatBytes } from '../../cli/index.ts'

const day = 24 * 3600_000

export default class CachePrune extends FlambeCommand {
  static override summary = 'Remove what the cache holds and nobody used lately.'
  static override description = 'What is needed again is made or fetched again: results never change.'
  static override examples = [
    '<%= config.bin %> cache prune --unused-for 7',
    '<%= config.bin %> cache prune --all',
  ]
  static override flags = {
    'unused-for': Flags.integer({ description: 'days without use', default: 30, min: 0, helpValue: 'DAYS' }),
    all: Flags.boolean({ description: 'everything', exclusive: ['unused-for'] }),
  }

  async run(): Promise<object> {
    const { flags, session } = await this.open(CachePrune)
    const { pruneCache } = await import('../../builders/index.ts')
    const unusedFor = flags.all ? 0 : flags['unused-for'] * day
    const pruned = await pruneCache(session.cacheDirectory, { unusedFor })
    this.output(`removed ${pruned.entries} entries, ${formatBytes(pruned.bytes)}`)
    return { directory: session.cacheDirectory, ...pruned }
  }
}
