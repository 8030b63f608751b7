import { FlambeError } from '../errors.ts'
import { type DtypeEntry, dtypeOf, type Tensor } from './tensor.ts'

/** The one name that the format keeps for itself. */
export const metadataName = '__metadata__'

/**
 * The bytes of a safetensors file, as chunks that view the tensors' own memory: length, header, then each
 * tensor. The same tensors give the same bytes, and they are those that the reference implementation writes.
 * https://huggingface.co/docs/safetensors#format
 * @throws FlambeError `STATE_INVALID` for a tensor that the format cannot hold, or whose shape is not that of its data.
 */
export function writeSafetensors(tensors: Readonly<Record<string, Tensor>>): readonly Uint8Array[] {
  const header: [string, object][] = []
  const chunks: Uint8Array[] = []
  let end = 0
  for (const { name, tensor, dtype } of sorted(tensors)) {
    const { data, shape } = tensor
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    header.push([name, { dtype: dtype.name, shape, data_offsets: [end, end + bytes.length] }])
    chunks.push(bytes)
    end += bytes.length
  }
  return [...encodeHeader(header), ...chunks]
}

type Entry = { readonly name: string; readonly tensor: Tensor; readonly dtype: DtypeEntry }

/** The largest elements first, so that each tensor is aligned; then by name, as its UTF-8 bytes sort. */
function sorted(tensors: Readonly<Record<string, Tensor>>): readonly Entry[] {
  return Object.entries(tensors)
    .map(([name, tensor]) => ({ name, tensor, dtype: check(name, tensor) }))
    .sort((a, b) => b.dtype.rank - a.dtype.rank || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
}

function check(name: string, tensor: Tensor): DtypeEntry {
  const { data, shape } = tensor
  const wrong = (why: string) => new FlambeError('STATE_INVALID', `the tensor "${name}" ${why}`)
  if (name === metadataName) throw wrong('has a name that safetensors keeps for itself')
  const dtype = dtypeOf(tensor)
  if (!dtype) throw wrong(`is a ${data.constructor.name}, which safetensors cannot hold`)
  const product = shape.reduce((size, length) => size * length, 1)
  if (product === data.length && shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
    return dtype
  }
  throw wrong(`has ${data.length} elements, and the shape [${shape.join(', ')}]`)
}

function encodeHeader(entries: readonly [string, object][]): readonly Uint8Array[] {
  // Written one by one: an object would put names that look like indices first.
  const text = entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')
  const bytes = new TextEncoder().encode(`{${text}}`)
  // Padded with blanks so that the first tensor starts at a multiple of 8 bytes.
  const padded = new Uint8Array(Math.ceil(bytes.length / 8) * 8).fill(0x20)
  padded.set(bytes)
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(padded.length), true)
  return [length, padded]
}
