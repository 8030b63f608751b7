import { type FileHandle, open } from 'node:fs/promises'
import { type Elf, elfParts, parseElf } from './elf.ts'

/** What an ELF file's headers say, without reading the rest of it; undefined for any other file, and for one that cannot be read. */
export async function readElf(path: string): Promise<Elf | undefined> {
  const file = await open(path).catch(() => undefined)
  try {
    return file && (await readHeaders(file))
  } catch {
    return undefined
  } finally {
    await file?.close()
  }
}

async function readHeaders(file: FileHandle): Promise<Elf | undefined> {
  const { size } = await file.stat()
  // As large as the file, so that offsets hold; what is not written to takes no memory.
  const bytes = Buffer.alloc(size)
  for (const part of elfParts) {
    const { start, length } = part(bytes)
    const readable = Math.min(length, size - start)
    if (readable > 0) await file.read(bytes, start, readable, start)
  }
  return parseElf(bytes)
}
