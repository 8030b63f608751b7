import { readFile } from 'node:fs/promises'
import { sha256 } from './hash.ts'
import { writeCached } from './write-whole.ts'

/** Keeps a text with its digest in a last line: a damaged record is no record. One that cannot be written costs time and nothing else. */
export async function writeRecord(path: string, text: string): Promise<void> {
  await writeCached(path, `${text}\n${sha256(text)}`)
}

/** The text that was kept at `path`; `undefined` where there is none that is whole. */
export async function readRecord(path: string): Promise<string | undefined> {
  const kept = await readFile(path, 'utf8').catch(() => '')
  const end = kept.lastIndexOf('\n')
  const text = kept.slice(0, Math.max(0, end))
  return end !== -1 && sha256(text) === kept.slice(end + 1) ? text : undefined
}
