import { type Config, isComponentConfig, isFileConfig, isMapping } from '../construct/index.ts'
import { standsAlone } from './config-types.ts'
import type { FileEntry, Manifest } from './manifest.ts'

/** The files that loading one component of an artifact needs: its code, its state and its parts', its assets. */
export function neededFiles(manifest: Manifest, node: string): readonly FileEntry[] {
  const entry = manifest.nodes[node]
  if (node === '' || !entry?.config || entry.same !== undefined || !standsAlone(entry.config))
    return manifest.files
  const inside = Object.entries(manifest.nodes).filter(
    ([path]) => path === node || path.startsWith(`${node}/`),
  )
  const wanted = new Set([
    ...inside.flatMap(([, { tensors, values }]) => [tensors, values]),
    ...assetsIn(entry.config),
  ])
  return manifest.files.filter(({ path }) => path.startsWith('code/') || wanted.has(path))
}

function assetsIn(config: Config): string[] {
  if (Array.isArray(config)) return config.flatMap(assetsIn)
  if (!isMapping(config)) return []
  if (isFileConfig(config)) return [config.$file]
  return Object.values(isComponentConfig(config) ? config.args : config).flatMap(assetsIn)
}
