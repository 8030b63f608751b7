import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import { isComponentClass, isVersion } from '../construct/index.ts'
import { FlambeError, type Problem } from '../errors.ts'
import type { Source } from './extension.ts'

type Where = Pick<Source, 'namespace' | 'directory'> & {
  /** Absolute paths of the extension's own modules. */
  readonly modules: readonly string[]
}

/**
 * Makes sure that the versions of all exported components can be compared when what is saved now is loaded.
 * @throws FlambeError `COMPONENT_INVALID` with the place of each version that is none.
 */
export async function checkVersions(exports: Readonly<Record<string, unknown>>, where: Where): Promise<void> {
  const problems: Problem[] = []
  for (const value of new Set(Object.values(exports))) {
    if (!isComponentClass(value)) continue
    const { name, version } = value as { readonly name: string; readonly version?: unknown }
    if (version === undefined || isVersion(version)) continue
    const message = `the version of ${where.namespace}.${name} is ${JSON.stringify(version)}, and not of the form 1.2.3`
    problems.push({ severity: 'error', message, ...(await placeOf(name, where)) })
  }
  if (problems.length === 0) return
  throw new FlambeError(
    'COMPONENT_INVALID',
    `the extension "${where.namespace}" has a version that is none`,
    {
      problems,
      hint: "write static version = '1.2.3': major.minor.patch, and behind them -beta or +build if you like",
    },
  )
}

/** Where the class writes its version; nothing if it comes from elsewhere. */
async function placeOf(
  name: string,
  { modules, directory }: Where,
): Promise<Pick<Problem, 'position' | 'source'> | undefined> {
  for (const module of modules) {
    const text = await readFile(module, 'utf8').catch(() => '')
    const start = text.search(new RegExp(`\\bclass\\s+${name.replaceAll('$', '\\$')}\\b`))
    const found = start < 0 ? -1 : text.slice(start).search(/\bstatic\s+([a-z]+\s+)*version\b/)
    if (found < 0) continue
    const before = text.slice(0, start + found).split('\n')
    const source = text.split('\n')[before.length - 1]?.replace(/\r$/, '') ?? ''
    const column = (before.at(-1)?.length ?? 0) + 1
    const length = Math.max(1, source.trimEnd().length - column + 1)
    return { position: { file: relative(directory, module), line: before.length, column, length }, source }
  }
  return undefined
}
