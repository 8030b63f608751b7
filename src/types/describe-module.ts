import type { ModuleDescription } from './types.ts'

export async function describeModule(_: {
  entry: string
  cacheDirectory: string
}): Promise<ModuleDescription> {
  return { classes: {}, notices: [] }
}
