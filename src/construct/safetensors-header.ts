import { FlambeError } from '../errors.ts'
import { dtypeNamed } from './tensor.ts'
import { metadataName } from './write-safetensors.ts'

/** What the header says of one tensor; `offsets` in bytes from the end of the header. */
export type TensorInfo = {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly offsets: readonly [number, number]
}

/** The header of a safetensors file: its tensors in the order of their data, and where the data starts. */
export type SafetensorsHeader = {
  readonly tensors: Readonly<Record<string, TensorInfo>>
  readonly start: number
}

/** The reference implementation refuses a longer header: https://github.com/huggingface/safetensors */
const longestHeader = 100_000_000

type Wrong = (why: string, cause?: unknown) => FlambeError

/**
 * Reads the header from the first bytes of a file of `size` bytes.
 * @throws FlambeError `STATE_INVALID` where it is not sound, or `bytes` end before it does.
 */
export function readSafetensorsHeader(
  bytes: Uint8Array,
  { name = 'safetensors', size }: { readonly name?: string; readonly size: number },
): SafetensorsHeader {
  const wrong: Wrong = (why, cause) =>
    new FlambeError('STATE_INVALID', `${name} is not a safetensors file: ${why}`, { cause })
  const length = headerLength(bytes, { size, wrong })
  if (8 + length > bytes.length) throw wrong('its header is cut off')
  const tensors = parseHeader(bytes.subarray(8, 8 + length), wrong)
  checkOffsets(tensors, { total: size - 8 - length, wrong })
  return { tensors: Object.fromEntries(tensors), start: 8 + length }
}

function headerLength(bytes: Uint8Array, { size, wrong }: { size: number; wrong: Wrong }): number {
  if (bytes.length < 8) throw wrong('it is shorter than 8 bytes')
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true))
  if (length <= longestHeader && 8 + length <= size) return length
  throw wrong(`its header cannot be ${length} bytes long`)
}

function parseHeader(bytes: Uint8Array, wrong: Wrong): [string, TensorInfo][] {
  const { text, parsed } = parseJson(bytes, wrong)
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw wrong('its header is no mapping')
  const entries = Object.entries(parsed)
  // JSON.parse keeps the last of two: the header would say less than the file holds.
  if (countNames(text) !== entries.length) throw wrong('its header has a name twice')
  return entries
    .filter(([name]) => name !== metadataName)
    .map(([name, entry]): [string, TensorInfo] => [name, parseEntry(name, entry, wrong)])
    .sort(([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1])
}

function parseJson(bytes: Uint8Array, wrong: Wrong): { text: string; parsed: unknown } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { text, parsed: JSON.parse(text) }
  } catch (cause) {
    throw wrong('its header is not JSON', cause)
  }
}

/** How many names the outermost mapping of a JSON text has, repeated ones too: a colon each, outside of strings. */
function countNames(text: string): number {
  let [depth, count, quoted] = [0, 0, false]
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '"') quoted = !quoted
    else if (quoted) index += character === '\\' ? 1 : 0
    else if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (character === ':' && depth === 1) count++
  }
  return count
}

function parseEntry(name: string, entry: unknown, wrong: Wrong): TensorInfo {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Readonly<Record<string, unknown>>
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0
  const known = typeof dtype === 'string' ? dtypeNamed(dtype) : undefined
  if (!known) throw wrong(`tensor "${name}" has the type ${String(dtype)}`)
  if (!Array.isArray(shape) || !shape.every(isCount)) throw wrong(`tensor "${name}" has no shape`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw wrong(`tensor "${name}" has no offsets`)
  }
  const [start = 0, end = 0] = offsets
  const size = shape.reduce((product, length) => product * length, known.array.BYTES_PER_ELEMENT)
  if (end - start === size) return { dtype: known.name, shape, offsets: [start, end] }
  throw wrong(`tensor "${name}" has ${end - start} bytes, and its shape needs ${size}`)
}

/** The tensors must cover the data without a hole or an overlap, as the reference demands. */
function checkOffsets(
  tensors: readonly [string, TensorInfo][],
  { total, wrong }: { total: number; wrong: Wrong },
): void {
  let end = 0
  for (const [name, { offsets }] of tensors) {
    if (offsets[0] !== end) throw wrong(`tensor "${name}" starts at ${offsets[0]}, and not at ${end}`)
    end = offsets[1]
  }
  if (end !== total) throw wrong(`its tensors end at ${end}, and its data at ${total}`)
}
