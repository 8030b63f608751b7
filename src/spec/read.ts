import { readFile } from 'node:fs/promises'
import { FlambeError } from '../errors.ts'
import { codeOf } from '../files/index.ts'
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
      ...(codeOf(cause) === 'EISDIR' && {
        hint: `it is a folder: name a file in it, such as ${path}/spec.yaml`,
      }),
    })
  }
  return parseSpec(decodeSpec(bytes, { file: path }), { file: path, ...options })
}
