import { readdir, readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { codeOf } from '../files/index.ts'
import { closest } from '../suggest.ts'
import { decodeSpec, type ParseSpecOptions, parseSpec } from './parse.ts'
import type { Spec } from './spec.ts'

/** Reads and parses a spec file. */
export async function readSpec(path: string, options: ParseSpecOptions = {}): Promise<Spec> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (cause) {
    throw new FlambeError('SPEC_NOT_FOUND', `Configuration file '${path}' not found or not readable.`, {
      cause,
      ...((await hintFor(path, cause)) ?? {}),
    })
  }
  return parseSpec(decodeSpec(bytes, { file: path }), { file: path, ...options })
}

/** The spec that is there, if one is: in the folder that was named, or in the folder of what was. */
async function hintFor(path: string, cause: unknown): Promise<{ readonly hint: string } | undefined> {
  const isFolder = codeOf(cause) === 'EISDIR'
  const folder = isFolder ? path : dirname(path)
  const names = await readdir(folder).catch(() => [])
  const specs = names.filter((name) => /\.ya?ml$/i.test(name))
  const near = isFolder ? specs : closest(basename(path), specs)
  const meant =
    near.length > 0
      ? `did you mean ${near
          .slice(0, 3)
          .map((name) => join(folder, name))
          .join(' or ')}?`
      : undefined
  if (isFolder) return { hint: `it is a folder: ${meant ?? 'name a file in it'}` }
  return meant === undefined ? undefined : { hint: meant }
}
