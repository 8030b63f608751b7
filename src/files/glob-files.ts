import { type Dirent, readdirSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import { statNow } from './stat-now.ts'

/** What is left to Node's own matcher: escapes, `[a-z]`, `+(a|b)`, `{1..3}`, braces that are no list, ways up, and odd slashes. */
const rare = /[\\[(]|\.\.|\{[^,{}]*\}|\/\.?(\/|$)/

/**
 * The regular files that a pattern names below a folder, as absolute paths: those that `fs.glob` gives, which takes several times as long where a folder has
 * thousands. As in a shell, what starts with a dot is named only by what starts with one.
 */
export async function globFiles(pattern: string, { directory }: { directory: string }): Promise<string[]> {
  if (rare.test(pattern)) return byNode(pattern, directory)
  const found = alternatives(pattern).flatMap((one) => {
    const parts = one.split('/').filter((part) => part !== '' && part !== '.')
    const segments = parts.filter((part, at) => part !== '**' || parts[at + 1] !== '**')
    return [...below(one.startsWith('/') ? '/' : directory, segments)]
  })
  const files = new Set<string>()
  for (const one of found) {
    if (one === linkedFolder) return byNode(pattern, directory)
    files.add(one)
  }
  return [...files]
}

/** What `**` came upon: into which of them it goes, and how far, differs by what follows it, and is left to Node's own matcher as well. */
const linkedFolder = Symbol('a linked folder')

/** `a/{b,c}` as `a/b` and `a/c`. */
function alternatives(pattern: string): string[] {
  const [list, inside] = /\{([^{}]*)\}/.exec(pattern) ?? []
  if (list === undefined || inside === undefined) return [pattern]
  return inside.split(',').flatMap((one) => alternatives(pattern.replace(list, () => one)))
}

function* below(
  folder: string,
  [segment, ...rest]: readonly string[],
): Generator<string | typeof linkedFolder> {
  if (segment === undefined) return
  if (segment === '**') {
    // What any depth is counted from is one of them.
    if (rest.length === 0 && statNow(folder)?.isFile()) yield folder
    yield* atAnyDepth(folder, rest)
  } else if (/[*?]/.test(segment)) yield* matching(folder, segment, rest)
  else if (rest.length > 0) yield* below(join(folder, segment), rest)
  else if (statNow(join(folder, segment))?.isFile()) yield join(folder, segment)
}

function* atAnyDepth(folder: string, rest: readonly string[]): Generator<string | typeof linkedFolder> {
  yield* below(folder, rest.length > 0 ? rest : ['*'])
  for (const entry of listed(folder)) {
    if (entry.name.startsWith('.')) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* atAnyDepth(path, rest)
    else if (entry.isSymbolicLink() && statNow(path)?.isDirectory()) yield linkedFolder
  }
}

function* matching(
  folder: string,
  segment: string,
  rest: readonly string[],
): Generator<string | typeof linkedFolder> {
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
