import { hash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { isOwnFile } from './scope.ts'
import { shapeOf } from './shape.ts'

/** All that one run of the compiler depended on. Paths are absolute: a cache is of one machine. */
export type Inputs = {
  /** The user's own files by digest of their text, and of what types depend on in it. */
  readonly own: { readonly [path: string]: { readonly text: string; readonly shape: string } }
  /** Files of packages, of flambe and of the compiler, by size, time and inode. */
  readonly others: { readonly [path: string]: string }
  /** Paths that must not appear: an import may then mean something else. */
  readonly absent: readonly string[]
}

export async function inputsOf({
  files,
  absent,
  flambe,
}: {
  readonly files: ReadonlyMap<string, string>
  readonly absent: readonly string[]
  readonly flambe: string
}): Promise<Inputs> {
  const isOwn = (path: string) => isOwnFile(path) && !path.startsWith(`${dirname(flambe)}/`)
  const own = [...files].filter(([path]) => isOwn(path))
  const others = [...files.keys(), ...ourselves()].filter((path) => !isOwn(path))
  return {
    own: Object.fromEntries(
      await Promise.all(own.map(async ([path, text]) => [path, await digests(path, text)])),
    ),
    others: Object.fromEntries(others.map((path) => [path, statSignature(path)])),
    absent: absent.filter(mayAppear),
  }
}

/** True if the compiler would see the same types again. Nothing is parsed unless a file's text differs. */
export async function stillHold({ own, others, absent }: Inputs): Promise<boolean> {
  if (Object.entries(others).some(([path, signature]) => statSignature(path) !== signature)) return false
  if (absent.some((path) => statSignature(path) !== '')) return false
  for (const [path, { text, shape }] of Object.entries(own)) {
    const now = readText(path)
    if (now === undefined) return false
    if (digest(now) !== text && digest(await shapeOf(path, now)) !== shape) return false
  }
  return true
}

async function digests(
  path: string,
  text: string,
): Promise<{ readonly text: string; readonly shape: string }> {
  return { text: digest(text), shape: digest(await shapeOf(path, text)) }
}

const digest = (text: string) => hash('sha256', text)

/** The compiler's version, and the code that reads its answers. */
function ourselves(): readonly string[] {
  const compiler = createRequire(import.meta.url).resolve('typescript/package.json')
  return [compiler, ...readdirSync(import.meta.dirname).map((name) => join(import.meta.dirname, name))]
}

/**
 * What is inside a package changes only with the package, whose package.json was read; and nobody puts a bare
 * `fs.ts` into node_modules, where the compiler looks for one at each `import 'fs'`.
 */
function mayAppear(path: string): boolean {
  const [, inside] = /.*\/node_modules\/(.*)$/.exec(path) ?? []
  if (inside === undefined) return true
  const isFile = /\.[cm]?[jt]sx?$/.test(inside)
  return !isFile && inside.split('/').length <= (inside.startsWith('@') ? 2 : 1)
}

function statSignature(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat ? `${stat.size} ${stat.mtimeMs} ${stat.ino}` : ''
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
