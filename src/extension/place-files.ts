import { sep } from 'node:path'
import { FlambeError } from '../errors.ts'
import type { Source } from './extension.ts'

/**
 * Where files go below `code/NS`, so that code finds them from there as it does from the source: those of packages,
 * and the extension's own. Others are left out: they are on the way of a look-up, and no code can count on them.
 */
export function placeFiles(
  files: readonly string[],
  { namespace, directory }: Source,
): ReadonlyMap<string, string> {
  const placed = new Map<string, string>()
  for (const file of files) {
    const path = pathBelow(directory, file)
    if (path === undefined) continue
    const other = placed.get(path)
    if (other !== undefined && other !== file) throw conflict(path, namespace)
    placed.set(path, file)
  }
  return placed
}

/** From the extension's folder on, else from the outermost node_modules on; the store of pnpm is flattened. */
export function pathBelow(directory: string, file: string): string | undefined {
  // Both are whole and normal, as the trace gives them; `relative` would take longer than all else here.
  const isOwn = file.startsWith(`${directory}${sep}`)
  const path = isOwn ? file.slice(directory.length).replaceAll('\\', '/') : file
  const flat = path.replace(/\/node_modules\/\.pnpm\/[^/]+\/node_modules\//, '/node_modules/')
  const start = !isOwn ? flat.indexOf('/node_modules/') : 0
  return start === -1 ? undefined : flat.slice(start + 1)
}

function conflict(path: string, namespace: string): FlambeError {
  const name = path.split('node_modules/').at(-1)?.split('/').slice(0, 2).join('/')
  return new FlambeError(
    'EXTENSION_INVALID',
    `the extension "${namespace}" uses two copies of ${name} from different folders`,
    {
      hint: 'install one version of it beside the extension (npm install in its folder)',
    },
  )
}
