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

/** Bytes of which only some may be at hand: `part` gives what there is of those asked for, from `start` on. */
export type PartialBytes = {
  readonly length: number
  readonly part: (start: number, length: number) => Uint8Array
}

/** Reads an ELF file's headers; undefined for any other file. */
export function parseElf(file: Uint8Array | PartialBytes): Elf | undefined {
  const bytes = partial(file)
  const [one, two, three, four] = bytes.part(0, 4)
  if (bytes.length < 52 || one !== 0x7f || two !== 0x45 || three !== 0x4c || four !== 0x46) return undefined
  const reader = new ElfReader(bytes)
  const interpreter = reader.segments.find(({ type }) => type === 3)
  return {
    arch: machines[reader.u16(18)] ?? `unknown-${reader.u16(18)}`,
    ...(interpreter && { interpreter: reader.text(interpreter.offset) }),
    ...reader.dynamic(),
  }
}

function partial(file: Uint8Array | PartialBytes): PartialBytes {
  if (!(file instanceof Uint8Array)) return file
  return { length: file.length, part: (start, length) => file.subarray(start, start + length) }
}

/** The parts of an ELF file that say the above: each can be named once those before it are there. */
export const elfParts: readonly ((bytes: PartialBytes) => Range)[] = [
  () => ({ start: 0, length: 64 }),
  (bytes) => new ElfReader(bytes).headers,
  (bytes) => new ElfReader(bytes).segment(3),
  (bytes) => new ElfReader(bytes).segment(2),
  (bytes) => new ElfReader(bytes).names,
]

export type Range = { readonly start: number; readonly length: number }

type Segment = {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

/** Names of libraries and paths to them are shorter. */
const longestText = 4096

const neededTag = 1
const stringsTag = 5
/** DT_RPATH, and DT_RUNPATH that took its place. */
const pathTags = [15, 29]
const nameTags = [neededTag, ...pathTags]

class ElfReader {
  readonly #bytes: PartialBytes
  readonly #wide: boolean
  readonly #little: boolean
  readonly segments: readonly Segment[]

  constructor(bytes: PartialBytes) {
    const [wide, little] = bytes.part(4, 2)
    this.#bytes = bytes
    this.#wide = wide === 2
    this.#little = little === 1
    this.segments = this.#readSegments()
  }

  u16(at: number): number {
    return this.#view(at, 2)?.getUint16(0, this.#little) ?? 0
  }

  text(at: number): string {
    const bytes = this.#bytes.part(at, longestText)
    const end = bytes.indexOf(0)
    return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))
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

  /** From the first to the last of the names that the dynamic section speaks of: they stand close, among megabytes of a program's symbols. */
  get names(): Range {
    const at = this.#namesAt(...nameTags)
    const start = Math.min(...at)
    return { start, length: Math.max(...at) + longestText - start }
  }

  /** The dynamic section's entries that name libraries: https://refspecs.linuxfoundation.org/elf/gabi4+/ch5.dynamic.html */
  dynamic(): Pick<Elf, 'needed' | 'runPaths'> {
    const texts = (...tags: readonly number[]) => this.#namesAt(...tags).map((at) => this.text(at))
    return { needed: texts(neededTag), runPaths: texts(...pathTags).flatMap((paths) => paths.split(':')) }
  }

  #namesAt(...tags: readonly number[]): number[] {
    const entries = this.#dynamicEntries()
    const strings = this.#offsetOf(entries.find(({ tag }) => tag === stringsTag)?.value ?? 0)
    return entries.filter(({ tag }) => tags.includes(tag)).map(({ value }) => strings + value)
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
    return this.#view(at, 4)?.getUint32(0, this.#little) ?? 0
  }

  #word(at: number): number {
    if (!this.#wide) return this.#u32(at)
    return Number(this.#view(at, 8)?.getBigUint64(0, this.#little) ?? 0)
  }

  /** Undefined where those bytes are not there. */
  #view(at: number, length: number): DataView | undefined {
    const { buffer, byteOffset, byteLength } = this.#bytes.part(at, length)
    return byteLength === length ? new DataView(buffer, byteOffset, byteLength) : undefined
  }
}
