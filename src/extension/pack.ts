import { isDeepStrictEqual } from 'node:util'
import {
  type ClassEntry,
  type CodeEntry,
  type DraftCode,
  type DraftFile,
  hostPlatform,
  type Platform,
} from '../artifact/index.ts'
import { FlambeError } from '../errors.ts'
import { type Stamp, stampNow } from '../files/index.ts'
import type { Bundle } from './bundle.ts'
import { cachedTrace, type StampsOf, type Traced } from './cached-trace.ts'
import { compileValidators } from './compile-validators.ts'
import { dependenciesOf } from './dependencies.ts'
import type { Source } from './extension.ts'
import { placeFiles } from './place-files.ts'
import { traceElsewhere } from './trace-elsewhere.ts'

export type PackOptions = {
  readonly source: Source
  readonly bundle: Bundle
  readonly code: CodeEntry
  readonly classes: Readonly<Record<string, ClassEntry>>
  /** What packages' native files are for; another than this one may need other packages, which npm fetches. */
  readonly platform: Platform
  readonly cacheDirectory: string
  readonly signal?: AbortSignal | undefined
}

/** The compiled code and the files of its packages, as they go into an artifact. */
export async function packExtension(options: PackOptions): Promise<DraftCode> {
  const { source, bundle, code, classes, platform } = options
  const [{ files: traced, stamps, native, dependencies }, validators] = await Promise.all([
    tracePlatform(options),
    compileValidators(classes, options),
  ])
  const files = new Map<string, DraftFile>()
  for (const [path, file] of traced) {
    const stamp = stamps.get(file) ?? stampOf(file)
    const { size } = stamp
    files.set(`code/${source.namespace}/${path}`, { source: { kind: 'file', path: file }, size, stamp })
  }
  // Last: the compiled code stands for the extension's own modules and package.json.
  files.set(code.entry, textFile(`${bundle.code}//# sourceMappingURL=index.js.map\n`))
  files.set(`${code.entry}.map`, textFile(bundle.map))
  files.set(`code/${source.namespace}/package.json`, textFile('{ "type": "module" }\n'))
  const path = `code/${source.namespace}/validators.js`
  if (validators !== undefined) files.set(path, textFile(validators))
  return {
    code: validators === undefined ? code : { ...code, validators: path },
    classes,
    files,
    dependencies,
    ...(native && { platform }),
  }
}

/** The packages' files for the wanted platform, by path below `code/NS`. */
async function tracePlatform(options: PackOptions): Promise<
  Omit<Traced, 'files' | 'witnesses'> & {
    readonly files: ReadonlyMap<string, string>
    readonly stamps: StampsOf
  }
> {
  const { source, platform, cacheDirectory, signal } = options
  const host = hostPlatform()
  const there = await cachedTrace(options)
  if (isDeepStrictEqual(platform, host)) return { ...there, files: placeFiles(there.files, source) }
  const here = await cachedTrace({ ...options, platform: host })
  const traces = { here: here.files, there: there.files }
  const elsewhere = await traceElsewhere(traces, { platform, cacheDirectory, signal, root: source.directory })
  const files = new Map([...placeFiles(elsewhere.files, source), ...elsewhere.placed])
  const dependencies = await dependenciesOf([...files.values()])
  return { files, stamps: there.stamps, native: there.native || elsewhere.placed.size > 0, dependencies }
}

function stampOf(file: string): Stamp {
  const stamp = stampNow(file)
  if (stamp) return stamp
  throw new FlambeError('SOURCE_INVALID', `${file} went while the packages were packed`, {
    hint: 'build again once the installation is done',
  })
}

function textFile(text: string): DraftFile {
  const bytes = new TextEncoder().encode(text)
  return { source: { kind: 'bytes', chunks: [bytes] }, size: bytes.length }
}
