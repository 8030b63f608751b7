import { hash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCached } from '../files/index.ts'
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
export async function readRecord(path: string): Promise<CacheRecord | undefined> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const end = text.lastIndexOf('\n')
  // The last line is the digest of what stands before it: a damaged record is no record.
  if (end === -1 || hash('sha256', text.slice(0, end)) !== text.slice(end + 1)) return undefined
  return JSON.parse(text.slice(0, end)) as CacheRecord
}

/** Whether a file is a record that is read. */
export const isWholeRecord = async (path: string): Promise<boolean> => (await readRecord(path)) !== undefined

/** A cache that cannot be written costs time and nothing else. */
export async function writeRecord(path: string, record: CacheRecord): Promise<void> {
  const text = JSON.stringify(record)
  await writeCached(path, `${text}\n${hash('sha256', text)}`)
}
