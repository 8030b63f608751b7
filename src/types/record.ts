import { hash } from 'node:crypto'
import { join } from 'node:path'
import { readRecord, writeRecord } from '../files/index.ts'
import type { CompileRequest, LocatedNotice } from './describe-program.ts'
import type { Inputs } from './inputs.ts'
import type { ClassDescription } from './types.ts'

/** The answer to one request, and what it depended on. One file a request, written over by the next answer. */
export type CacheRecord = {
  readonly inputs: Inputs
  readonly classes: { readonly [exportName: string]: ClassDescription }
  readonly notices: readonly LocatedNotice[]
}

/** Another one for each form of a record, so that an old one is not read as a new one. */
const format = 1

export function recordPath(cacheDirectory: string, { entry, exports, flambe }: CompileRequest): string {
  const key = hash('sha256', JSON.stringify([format, entry, exports ?? null, flambe]))
  return join(cacheDirectory, 'types', `${key}.json`)
}

/** The record at `path`; `undefined` if there is none that is whole. */
export async function readAnswer(path: string): Promise<CacheRecord | undefined> {
  const text = await readRecord(path)
  return text === undefined ? undefined : (JSON.parse(text) as CacheRecord)
}

export const writeAnswer = (path: string, record: CacheRecord): Promise<void> =>
  writeRecord(path, JSON.stringify(record))
