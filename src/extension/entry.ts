import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FlambeError } from '../errors.ts'

const candidates = ['index', 'src/index', 'main', 'src/main'].flatMap((stem) =>
  ['ts', 'mts', 'cts', 'tsx', 'js', 'mjs', 'cjs'].map((end) => `${stem}.${end}`),
)

/** The folder and the entry module of an extension at `path`, a folder or a single module. */
export async function findEntry(
  path: string,
  { namespace }: { namespace: string },
): Promise<{ directory: string; entry: string }> {
  const stats = await stat(path).catch((cause) => {
    throw new FlambeError('EXTENSION_NOT_FOUND', `the extension "${namespace}" is not at ${path}`, {
      cause,
      hint: 'a relative location starts at the folder of the spec',
    })
  })
  if (stats.isFile()) return { directory: dirname(path), entry: path }
  const named = await entryOfPackage(path)
  for (const candidate of [...named, ...candidates]) {
    const entry = join(path, candidate)
    if ((await stat(entry).catch(() => undefined))?.isFile()) return { directory: path, entry }
  }
  throw new FlambeError('EXTENSION_INVALID', `the extension "${namespace}" at ${path} has no entry module`, {
    hint: `name one in "exports" or "main" of its package.json, or write ${candidates[0]}`,
  })
}

/** What package.json names, sources before builds: a checkout's build may be missing or old. */
async function entryOfPackage(directory: string): Promise<string[]> {
  const text = await readFile(join(directory, 'package.json'), 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const { source, exports, module, main } = parsePackage(text, directory)
  const found = [source, entryOfExports(exports), module, main].filter((one) => typeof one === 'string')
  return found.flatMap((one) => [one, `${one}.js`, join(one, 'index.js')])
}

function parsePackage(text: string, directory: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch (cause) {
    throw new FlambeError('EXTENSION_INVALID', `${join(directory, 'package.json')} is not JSON`, { cause })
  }
}

function entryOfExports(exports: unknown): unknown {
  if (typeof exports === 'string') return exports
  if (typeof exports !== 'object' || exports === null) return undefined
  const mapping = exports as Readonly<Record<string, unknown>>
  const keys = ['.', 'flambe', 'import', 'node', 'module', 'default', 'require']
  for (const key of keys) {
    const found = entryOfExports(mapping[key])
    if (found !== undefined) return found
  }
  return undefined
}
