import { type FileHandle, open } from 'node:fs/promises'
import { type Elf, elfParts, type PartialBytes, parseElf, type Range } from './elf.ts'

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
  const pieces: { readonly start: number; readonly bytes: Uint8Array }[] = []
  const known: PartialBytes = {
    length: size,
    part: (start, length) => {
      const piece = pieces.find((one) => start >= one.start && start < one.start + one.bytes.length)
      return piece?.bytes.subarray(start - piece.start, start - piece.start + length) ?? new Uint8Array()
    },
  }
  for (const part of elfParts) {
    const piece = await readPart(file, part(known), size)
    if (piece) pieces.push(piece)
  }
  return parseElf(known)
}

async function readPart(file: FileHandle, { start, length }: Range, size: number) {
  const readable = Math.min(length, size - start)
  if (readable <= 0) return undefined
  const { bytesRead, buffer } = await file.read(Buffer.alloc(readable), 0, readable, start)
  return { start, bytes: buffer.subarray(0, bytesRead) }
}
