import { randomUUID } from 'node:crypto'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Puts a file there in one step: nobody reads half of it, also after a kill, and any number of processes may write it at once. */
export async function writeWhole(
  file: string,
  content: string | Uint8Array,
  { mode = 0o666 }: { readonly mode?: number } = {},
): Promise<void> {
  const temporary = `${file}.${randomUUID()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(temporary, content, { mode })
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

/** The same for what is only kept to save time: a cache that cannot be written is no failure. */
export async function writeCached(...given: Parameters<typeof writeWhole>): Promise<void> {
  await writeWhole(...given).catch(() => {})
}
