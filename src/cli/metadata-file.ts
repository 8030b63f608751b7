import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileFailure } from '../files/index.ts'

/** Writes what a command made to a file, for the next step of a pipeline: the keys of `--json`, and the digest under BuildKit's name for it. */
export async function writeMetadata(file: string, details: object): Promise<void> {
  const digest = 'digest' in details ? { 'containerimage.digest': details.digest } : {}
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `${JSON.stringify({ ...details, ...digest }, null, 2)}\n`)
  } catch (error) {
    throw fileFailure(error, `writing ${file}`)
  }
}
