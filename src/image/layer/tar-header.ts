import type { LayerEntry } from '../plan/image-plan.ts'

const blockBytes = 512
/** Not 0: some tools take the epoch for "unknown". Always the same: a time that moved would make new layers of old weights. */
const fixedTime = 1
/** What 11 octal digits hold: 8 GiB. */
const mostOctal = 8 ** 11 - 1
const typeFlags = { file: '0', symlink: '2', directory: '5', pax: 'x' } as const

type Fields = {
  readonly name: Uint8Array
  readonly type: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly target: Uint8Array
}

/**
 * The blocks that stand before an entry's content: POSIX ustar, with a PAX record only for what that cannot say (a long or
 * non-ASCII name, 8 GiB and more). https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html
 */
export function tarHeader(entry: LayerEntry): Uint8Array {
  const name = entry.kind === 'directory' ? `${entry.path}/` : entry.path
  const size = entry.kind === 'file' ? entry.size : 0
  const target = entry.kind === 'symlink' ? entry.target : ''
  const records = [
    ...(fits(name) ? [] : [paxRecord('path', name)]),
    ...(fits(target) ? [] : [paxRecord('linkpath', target)]),
    ...(size <= mostOctal ? [] : [paxRecord('size', `${size}`)]),
  ]
  const { mode, uid, gid } = entry
  const header = ustar({
    name: shortened(name),
    type: typeFlags[entry.kind],
    mode,
    uid,
    gid,
    size: size <= mostOctal ? size : 0,
    target: shortened(target),
  })
  return records.length === 0 ? header : Buffer.concat([paxBlocks(Buffer.concat(records)), header])
}

/** The zeros that fill the last block of a content of `size` bytes. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes)
}

/** What a tar ends with. */
export function tarEnd(): Uint8Array {
  return new Uint8Array(2 * blockBytes)
}

function ustar({ name, type, mode, uid, gid, size, target }: Fields): Buffer {
  const header = Buffer.alloc(blockBytes)
  const octal = (value: number, at: number, digits: number) =>
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1')
  header.set(name, 0)
  octal(mode, 100, 7)
  octal(uid, 108, 7)
  octal(gid, 116, 7)
  octal(size, 124, 11)
  octal(fixedTime, 136, 11)
  header.fill(' ', 148, 156)
  header.write(type, 156, 'latin1')
  header.set(target, 157)
  header.write('ustar\x0000', 257, 'latin1')
  octal(0, 329, 7)
  octal(0, 337, 7)
  let sum = 0
  for (const byte of header) sum += byte
  octal(sum, 148, 6)
  header[154] = 0
  return header
}

function paxBlocks(records: Uint8Array): Uint8Array {
  const header = ustar({
    name: Buffer.from('PaxHeader'),
    type: typeFlags.pax,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: records.length,
    target: new Uint8Array(),
  })
  return Buffer.concat([header, records, tarPadding(records.length)])
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function paxRecord(key: string, value: string): Uint8Array {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length + 1
  while (`${length}`.length + rest.length !== length) length = `${length}`.length + rest.length
  return Buffer.concat([Buffer.from(`${length}`), rest])
}

const fits = (text: string) => Buffer.byteLength(text) <= 100 && /^[\x20-\x7e]*$/.test(text)
const shortened = (text: string) => Buffer.from(text).subarray(0, 100)
