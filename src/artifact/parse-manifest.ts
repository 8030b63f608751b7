import { FlambeError } from '../errors.ts'
import { safeJoin } from '../files/index.ts'
import { type Manifest, manifestFormat } from './manifest.ts'

/** `flambe.json` of a node's folder: it says where the whole is. */
export type PartManifest = {
  readonly format: number
  readonly part: { readonly of: string; readonly node: string }
}

/** The bytes of `flambe.json`: the same manifest gives the same bytes. */
export function encodeManifest(manifest: Manifest | PartManifest): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)
}

/**
 * Reads `flambe.json` of an artifact.
 * @throws FlambeError `ARTIFACT_UNSUPPORTED` for a later format, `ARTIFACT_DAMAGED` naming the field that is
 * wrong, `ARTIFACT_UNSAFE` for a path that leaves the artifact.
 */
export function parseManifest(bytes: Uint8Array, { file }: { file: string }): Manifest {
  const parsed = parseAny(bytes, { file })
  if (!('part' in parsed)) return parsed
  throw new FlambeError('ARTIFACT_DAMAGED', `${file} is the manifest of a part, and not of an artifact`)
}

/** Whether it is `flambe.json` of a part: then that of the artifact is above it. Throws as `parseManifest` does. */
export function isPart(bytes: Uint8Array, { file }: { file: string }): boolean {
  return 'part' in parseAny(bytes, { file })
}

/** Reads `flambe.json` of an artifact or of one of its parts. */
export function parseAny(bytes: Uint8Array, { file }: { file: string }): Manifest | PartManifest {
  const damaged = (why: string, cause?: unknown) =>
    new FlambeError('ARTIFACT_DAMAGED', `${file} cannot be read: ${why}`, {
      hint: 'fetch or build the artifact again',
      ...(cause !== undefined && { cause }),
    })
  const value = parseJson(bytes, damaged)
  if (!isMapping(value)) throw damaged('it is no mapping')
  const { format, part } = value
  if (typeof format !== 'number') throw damaged('"format" is no number')
  if (format > manifestFormat) {
    throw new FlambeError(
      'ARTIFACT_UNSUPPORTED',
      `${file} has format ${format}, and this version of flambe reads formats up to ${manifestFormat}`,
      { hint: 'update flambe' },
    )
  }
  if (isMapping(part) && typeof part['of'] === 'string' && typeof part['node'] === 'string') {
    return { format, part: { of: part['of'], node: part['node'] } }
  }
  checkManifest(value, { file, damaged })
  return value as unknown as Manifest
}

type Mapping = { readonly [key: string]: unknown }
type Damaged = (why: string, cause?: unknown) => FlambeError

const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseJson(bytes: Uint8Array, damaged: Damaged): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw damaged('it is not JSON', cause)
  }
}

function checkManifest(value: Mapping, { file, damaged }: { file: string; damaged: Damaged }): void {
  for (const key of ['flambe', 'name'])
    if (typeof value[key] !== 'string') throw damaged(`"${key}" is no text`)
  for (const key of ['nodes', 'classes', 'code']) {
    const part = value[key]
    if (!isMapping(part) || !Object.values(part).every(isMapping))
      throw damaged(`"${key}" is no mapping of mappings`)
  }
  const { root, nodes, files, dependencies, code, serve } = value
  if (root !== undefined && !isComponent(root)) throw damaged('"root" describes no component')
  if (!isMapping(nodes) || !isMapping(nodes[''])) throw damaged('"nodes" has no root')
  if (serve !== undefined && !isMapping(serve)) throw damaged('"serve" is no mapping')
  if (!Array.isArray(dependencies)) throw damaged('"dependencies" is no list')
  if (!Array.isArray(files) || !files.every(isFile))
    throw damaged('"files" is no list of path, size and sha256')
  const entries = Object.values(code as Mapping).flatMap((one) => {
    const { entry, validators } = one as Mapping
    return validators === undefined ? [entry] : [entry, validators]
  })
  const named = Object.values(nodes).flatMap((node) => [
    (node as Mapping)['tensors'],
    (node as Mapping)['values'],
  ])
  for (const path of [
    ...files.map((one) => one.path),
    ...entries,
    ...named.filter((one) => one !== undefined),
  ]) {
    if (typeof path !== 'string') throw damaged('a path is no text')
    safeJoin(file, path)
  }
}

function isComponent(value: unknown): boolean {
  return isMapping(value) && typeof value['$type'] === 'string' && isMapping(value['args'])
}

function isFile(value: unknown): value is { path: string } {
  if (!isMapping(value)) return false
  const { path, size, sha256 } = value
  return (
    typeof path === 'string' &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256)
  )
}
