import { readFile } from 'node:fs/promises'
import { type Elf, parseElf } from './elf.ts'

/** The platform that a native file is made for, in Node's words. */
export type NativeBinary = { readonly os: string; readonly arch: string; readonly libc?: 'glibc' | 'musl' }

const native = /\.(node|dylib|dll|exe)$|\.so(\.\d+)*$/i

/** True for a name that native files have. */
export function looksNative(path: string): boolean {
  return native.test(path)
}

/** What the headers of a native file say; undefined for a file that is none. */
export async function readNativeBinary(path: string): Promise<NativeBinary | undefined> {
  return parseNativeBinary(await readFile(path))
}

export function parseNativeBinary(bytes: Uint8Array): NativeBinary | undefined {
  const elf = parseElf(bytes)
  if (elf) return { os: 'linux', arch: elf.arch, ...libcOf(elf) }
  if (bytes.length < 64) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return parseMachO(view) ?? parsePe(view)
}

/** The C library that an ELF file is linked with; nothing where it does not say. */
export function libcOf({ needed, interpreter = '' }: Elf): Pick<NativeBinary, 'libc'> {
  if (needed.includes('libc.so.6') || interpreter.includes('/ld-linux')) return { libc: 'glibc' }
  if (
    needed.some((name) => name.startsWith('libc.musl') || name === 'libc.so') ||
    interpreter.includes('/ld-musl')
  ) {
    return { libc: 'musl' }
  }
  return {}
}

/** https://github.com/apple-oss-distributions/xnu/blob/main/EXTERNAL_HEADERS/mach-o/loader.h */
function parseMachO(view: DataView): NativeBinary | undefined {
  const magic = view.getUint32(0, true)
  if (magic === 0xbebafeca) return { os: 'darwin', arch: 'universal' }
  if (magic !== 0xfeedfacf) return undefined
  const arch = { 16777223: 'x64', 16777228: 'arm64' }[view.getUint32(4, true)] ?? 'unknown'
  return { os: 'darwin', arch }
}

/** https://learn.microsoft.com/windows/win32/debug/pe-format */
function parsePe(view: DataView): NativeBinary | undefined {
  if (view.getUint16(0, true) !== 0x5a4d) return undefined
  const header = view.getUint32(0x3c, true)
  if (header + 6 > view.byteLength || view.getUint32(header, true) !== 0x4550) return undefined
  const arch = { 34404: 'x64', 43620: 'arm64', 332: 'ia32' }[view.getUint16(header + 4, true)] ?? 'unknown'
  return { os: 'win32', arch }
}
