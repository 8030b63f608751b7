import { type FileHandle, open } from 'node:fs/promises'
import { dirname, join, normalize } from 'node:path'
import { FlambeError } from '../../../errors.ts'

export type TarPlace = { readonly start: number; readonly size: number }

const blockBytes = 512
/** An image of more files than this is none. */
const mostEntries = 100_000

/**
 * Where the files of a tar are in it, by their names; links lead to what they link to. Only the headers are read.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 * @throws FlambeError `IMAGE_INVALID` for what is no tar.
 */
export async function indexTar(path: string): Promise<ReadonlyMap<string, TarPlace>> {
  await using file = await open(path, 'r')
  const { size: end } = await file.stat()
  const places = new Map<string, TarPlace>()
  const links = new Map<string, string>()
  let extra: Extra = {}
  for (let at = 0, count = 0; at + blockBytes <= end; count++) {
    const header = await readHeader(file, at)
    if (header === 'end') break
    if (header === 'damaged' || count > mostEntries) throw notTar(path)
    const start = at + blockBytes
    const size = extra.size ?? header.size
    const name = normalize(extra.path ?? header.name)
    at = start + Math.ceil(size / blockBytes) * blockBytes
    if (at > end + blockBytes) throw notTar(path, 'it is cut off')
    if (['x', 'L'].includes(header.type)) {
      extra = { ...extra, ...(await readExtra(file, header.type, { start, size })) }
      continue
    }
    if (['0', '\0', '7'].includes(header.type)) places.set(name, { start, size })
    if (header.type === '1') links.set(name, normalize(header.target))
    if (header.type === '2') links.set(name, join(dirname(name), header.target))
    extra = {}
  }
  if (places.size === 0) throw notTar(path)
  for (const [name, target] of links) {
    const place = places.get(target)
    if (place) places.set(name, place)
  }
  return places
}

/** What a PAX or GNU header says of the entry after it. */
type Extra = { readonly path?: string; readonly size?: number }

type Header = { readonly name: string; readonly size: number; readonly type: string; readonly target: string }

async function readHeader(file: FileHandle, at: number): Promise<Header | 'end' | 'damaged'> {
  const { buffer } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, at)
  if (buffer.every((byte) => byte === 0)) return 'end'
  if (buffer.toString('latin1', 257, 262) !== 'ustar') return 'damaged'
  const text = (start: number, length: number) =>
    buffer.toString('utf8', start, start + length).replace(/\0.*$/s, '')
  const isPosix = buffer[262] === 0
  const prefix = isPosix ? text(345, 155) : ''
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    size: numberOf(buffer.subarray(124, 136)),
    type: buffer.toString('latin1', 156, 157),
    target: text(157, 100),
  }
}

/** Octal, or from 8 GiB on in GNU's binary form. */
function numberOf(field: Buffer): number {
  if ((field[0] ?? 0) & 0x80) return Number(field.readBigUInt64BE(4))
  return Number.parseInt(field.toString('latin1').replace(/[\0 ]+$/, ''), 8) || 0
}

async function readExtra(file: FileHandle, type: string, { start, size }: TarPlace): Promise<Extra> {
  if (size > 2 ** 20) return {}
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, start)
  const text = buffer.toString('utf8')
  if (type === 'L') return { path: text.replace(/\0.*$/s, '') }
  const path = /^\d+ path=(.*)$/m.exec(text)?.[1]
  const length = /^\d+ size=(\d+)$/m.exec(text)?.[1]
  return { ...(path !== undefined && { path }), ...(length !== undefined && { size: Number(length) }) }
}

function notTar(path: string, why = 'it is no tar, or a compressed one'): FlambeError {
  return new FlambeError('IMAGE_INVALID', `${path} holds no image: ${why}`, {
    hint: 'it must be an OCI layout, or what `docker save` writes; unpack it first if it is compressed',
  })
}
