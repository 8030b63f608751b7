import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { type Elf, elfParts, type PartialBytes, parseElf, type Range } from './elf.ts'

/**
 * What an ELF file's headers say, without reading the rest of it; undefined for any other file, and for one that cannot be read. Synchronous for what
 * `statNow` is: it takes six calls for a file, and a program has a dozen libraries.
 */
export function readElf(path: string): Elf | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    return readHeaders(file)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function readHeaders(file: number): Elf | undefined {
  const { size } = fstatSync(file)
  const pieces: { readonly start: number; readonly bytes: Uint8Array }[] = []
  const known: PartialBytes = {
    length: size,
    part: (start, length) => {
      const piece = pieces.find((one) => start >= one.start && start < one.start + one.bytes.length)
      return piece?.bytes.subarray(start - piece.start, start - piece.start + length) ?? new Uint8Array()
    },
  }
  for (const part of elfParts) {
    const piece = readPart(file, part(known), size)
    if (piece) pieces.push(piece)
  }
  return parseElf(known)
}

/** Bytes of a part: headers and names are a thousandth of it, and what says more is broken. */
const most = 2 ** 26

function readPart(file: number, { start, length }: Range, size: number) {
  const readable = Math.min(length, size - start)
  if (readable <= 0 || readable > most) return undefined
  const bytes = Buffer.alloc(readable)
  return { start, bytes: bytes.subarray(0, readSync(file, bytes, 0, readable, start)) }
}
