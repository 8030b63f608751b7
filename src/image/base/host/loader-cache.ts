import { readFile } from 'node:fs/promises'

const magic = 'glibc-ld.so.cache1.1'
const headerBytes = 48
const entryBytes = 24

/**
 * What the dynamic loader's cache (`/etc/ld.so.cache`) says of where libraries are: by name, best first. Empty where there is none that we can read, as on
 * musl. https://sourceware.org/git/?p=glibc.git;a=blob;f=sysdeps/generic/dl-cache.h
 */
export async function readLoaderCache(path: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const bytes = await readFile(path).catch(() => Buffer.alloc(0))
  // An older form may stand before it.
  const start = bytes.indexOf(magic)
  const found = new Map<string, string[]>()
  if (start < 0) return found
  const count = bytes.readUInt32LE(start + magic.length)
  for (let index = 0; index < count; index++) {
    const at = start + headerBytes + index * entryBytes
    if (at + entryBytes > bytes.length) break
    const name = text(bytes, start + bytes.readUInt32LE(at + 4))
    found.set(name, [...(found.get(name) ?? []), text(bytes, start + bytes.readUInt32LE(at + 8))])
  }
  return found
}

function text(bytes: Buffer, at: number): string {
  const end = bytes.indexOf(0, at)
  return bytes.toString('utf8', at, end < 0 ? bytes.length : end)
}
