import { type Dirent, readdirSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { statNow } from './stat-now.ts'

/** What is left to Node's own matcher: escapes, `[a-z]`, `+(a|b)`, `{1..3}`, braces that are no list, ways up, and odd slashes. */
const rare = /[\\[(]|\.\.|\{[^,{}]*\}|\/\.?(\/|$)/
/**
 * The regular files that a pattern names below a folder, as absolute paths: those that `fs.glob` gives, which takes several times as long where a folder has
 * thousands. As in a shell, what starts with a dot is named only by what starts with one, and `**` follows no links.
 */
export async function globFiles(pattern: string, { directory }: { directory: string }): Promise<string[]> {
  if (rare.test(pattern)) return byNode(pattern, directory)
  const found = alternatives(pattern).flatMap((one) => {
    const parts = one.split('/').filter((part) => part !== '' && part !== '.')
    const segments = parts.filter((part, at) => part !== '**' || parts[at + 1] !== '**')
    return [...below(one.startsWith('/') ? '/' : directory, segments)]
  })
  return [...new Set(found)]
}

/** `a/{b,c}` as `a/b` and `a/c`. */
function alternatives(pattern: string): string[] {
  const [list, inside] = /\{([^{}]*)\}/.exec(pattern) ?? []
  if (list === undefined || inside === undefined) return [pattern]
  return inside.split(',').flatMap((one) => alternatives(pattern.replace(list, () => one)))
}

function* below(folder: string, [segment, ...rest]: readonly string[]): Generator<string> {
  if (segment === undefined) return
  if (segment === '**') yield* atAnyDepth(folder, rest)
  else if (/[*?]/.test(segment)) yield* matching(folder, segment, rest)
  else if (rest.length > 0) yield* below(join(folder, segment), rest)
  else if (statNow(join(folder, segment))?.isFile()) yield join(folder, segment)
}

function* atAnyDepth(folder: string, rest: readonly string[]): Generator<string> {
  yield* below(folder, rest.length > 0 ? rest : ['*'])
  for (const entry of listed(folder)) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* atAnyDepth(path, rest)
    // As in a shell, a link counts as one folder more.
    else if (entry.isSymbolicLink()) yield* below(path, rest)
  }
}

function* matching(folder: string, segment: string, rest: readonly string[]): Generator<string> {
  const test = nameTest(segment)
  // What `join` would give, whose care takes longer than all else here.
  const start = folder.endsWith('/') ? folder : `${folder}/`
  for (const entry of listed(folder)) {
    if (!test.test(entry.name)) continue
    const path = start + entry.name
    if (rest.length > 0) yield* entry.isDirectory() ? below(path, rest) : []
    else if (entry.isFile() || (entry.isSymbolicLink() && statNow(path)?.isFile())) yield path
  }
}

function nameTest(segment: string): RegExp {
  const meanings: { readonly [special: string]: string } = { '*': '.*', '?': '.' }
  const names = segment.replace(/[*?.+^$|{})\]]/g, (special) => meanings[special] ?? `\\${special}`)
  return new RegExp(`^${segment.startsWith('.') ? '' : '(?!\\.)'}${names}$`, 'su')
}

/** Nothing of what is no folder, or cannot be read. */
function listed(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

async function byNode(pattern: string, directory: string): Promise<string[]> {
  const found: string[] = []
  for await (const entry of glob(pattern, { cwd: directory, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() || (entry.isSymbolicLink() && statNow(path)?.isFile())) found.push(path)
  }
  return found
}
