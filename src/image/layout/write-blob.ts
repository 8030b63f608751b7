import { open, rename, rm } from 'node:fs/promises'
import { unfinishedName } from '../../files/index.ts'
import { type Progress, step } from '../../progress.ts'
import { checkedBytes } from '../checked-bytes.ts'
import type { Blob } from '../image.ts'
import { layerName } from '../layer-name.ts'

/** Writes a blob as a whole or not at all, and only if its bytes are what its digest says. */
export async function writeBlob(
  blob: Blob & { readonly title: string },
  path: string,
  { progress, signal }: { progress: Progress; signal: AbortSignal | undefined },
): Promise<void> {
  const temporary = unfinishedName(path)
  try {
    await step(progress, { title: layerName(blob), total: blob.size }, async (id) => {
      await using file = await open(temporary, 'wx', 0o644)
      const counted = (count: number) => progress({ type: 'bytes', id, count })
      let writing: Promise<void> = Promise.resolve()
      for await (const chunk of checkedBytes(blob, { signal, borrow: true, onBytes: counted })) {
        await writing
        // While this one is written, the next one is read and hashed.
        writing = file.writeFile(chunk)
        writing.catch(() => {})
      }
      await writing
    })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
