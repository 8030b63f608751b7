/** What an ELF file says of where it runs and what it needs. https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html */
export type Elf = {
  /** Node's name of the processor (`x64`, `arm64` …), or `unknown-N`. */
  readonly arch: string
  /** The dynamic loader, of programs. */
  readonly interpreter?: string
  /** Names of the shared libraries that it is linked with. */
  readonly needed: readonly string[]
  /** Where those are looked for first; `$ORIGIN` is the file's own folder. */
  readonly runPaths: readonly string[]
}

const machines: Readonly<Record<number, string>> = {
  3: 'ia32',
  8: 'mips',
  21: 'ppc64',
  22: 's390x',
  40: 'arm',
  62: 'x64',
  183: 'arm64',
  243: 'riscv64',
  258: 'loong64',
}

/** Reads an ELF file's headers; undefined for any other file. */
export function parseElf(bytes: Uint8Array): Elf | undefined {
  if (bytes.length < 52 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46)
    return undefined
  const reader = new ElfReader(bytes)
  const interpreter = reader.segments.find(({ type }) => type === 3)
  return {
    arch: machines[reader.u16(18)] ?? `unknown-${reader.u16(18)}`,
    ...(interpreter && { interpreter: reader.text(interpreter.offset) }),
    ...reader.dynamic(),
  }
}

/** The parts of an ELF file that say the above: each can be named once those before it are there. */
export const elfParts: readonly ((bytes: Uint8Array) => Range)[] = [
  () => ({ start: 0, length: 64 }),
  (bytes) => new ElfReader(bytes).headers,
  (bytes) => new ElfReader(bytes).segment(3),
  (bytes) => new ElfReader(bytes).segment(2),
  (bytes) => new ElfReader(bytes).strings,
]

export type Range = { readonly start: number; readonly length: number }

type Segment = {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

class ElfReader {
  readonly #view: DataView
  readonly #wide: boolean
  readonly #little: boolean
  readonly segments: readonly Segment[]

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#wide = bytes[4] === 2
    this.#little = bytes[5] === 1
    this.segments = this.#readSegments()
  }

  u16(at: number): number {
    return at + 2 <= this.#view.byteLength ? this.#view.getUint16(at, this.#little) : 0
  }

  text(at: number): string {
    let end = at
    while (end < this.#view.byteLength && this.#view.getUint8(end) !== 0) end++
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, Math.max(0, end - at))
    return new TextDecoder().decode(bytes)
  }

  /** Where the program headers are. */
  get headers(): Range {
    const { start, entrySize, count } = this.#table()
    return { start, length: entrySize * count }
  }

  segment(type: number): Range {
    const { offset: start, size: length } = this.segments.find((one) => one.type === type) ?? {
      offset: 0,
      size: 0,
    }
    return { start, length }
  }

  /** Where the names are that the dynamic section speaks of. */
  get strings(): Range {
    const entries = this.#dynamicEntries()
    const named = (wanted: number) => entries.find(({ tag }) => tag === wanted)?.value ?? 0
    return { start: this.#offsetOf(named(5)), length: named(10) }
  }

  /** The dynamic section's entries that name libraries: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html */
  dynamic(): Pick<Elf, 'needed' | 'runPaths'> {
    const entries = this.#dynamicEntries()
    const strings = this.strings.start
    const texts = (...tags: number[]) =>
      entries.filter(({ tag }) => tags.includes(tag)).map(({ value }) => this.text(strings + value))
    return { needed: texts(1), runPaths: texts(15, 29).flatMap((paths) => paths.split(':')) }
  }

  #dynamicEntries() {
    const section = this.segments.find(({ type }) => type === 2)
    if (!section) return []
    const size = this.#wide ? 16 : 8
    return Array.from({ length: Math.floor(section.size / size) }, (_, index) => {
      const at = section.offset + index * size
      return { tag: this.#word(at), value: this.#word(at + size / 2) }
    })
  }

  #table() {
    return this.#wide
      ? { start: this.#word(32), entrySize: this.u16(54), count: this.u16(56) }
      : { start: this.#word(28), entrySize: this.u16(42), count: this.u16(44) }
  }

  #readSegments(): Segment[] {
    const { start, entrySize, count } = this.#table()
    return Array.from({ length: count }, (_, index) => {
      const at = start + index * entrySize
      const [offset, address, size] = this.#wide ? [at + 8, at + 16, at + 32] : [at + 4, at + 8, at + 16]
      return {
        type: this.#u32(at),
        offset: this.#word(offset),
        address: this.#word(address),
        size: this.#word(size),
      }
    })
  }

  #offsetOf(address: number): number {
    const segment = this.segments.find(
      (one) => one.type === 1 && address >= one.address && address < one.address + one.size,
    )
    return segment ? address - segment.address + segment.offset : address
  }

  #u32(at: number): number {
    return at + 4 <= this.#view.byteLength ? this.#view.getUint32(at, this.#little) : 0
  }

  #word(at: number): number {
    if (!this.#wide) return this.#u32(at)
    return at + 8 <= this.#view.byteLength ? Number(this.#view.getBigUint64(at, this.#little)) : 0
  }
}
