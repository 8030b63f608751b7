import { type FileHandle, open } from 'node:fs/promises'
import { basename } from 'node:path'
import { FlambeError } from '../errors.ts'
import { readSafetensorsHeader, type TensorInfo } from './safetensors-header.ts'
import { dtypeNamed, type Tensor } from './tensor.ts'

/** Node reads at most 2 GiB at once. */
const largestRead = 2 ** 30

/**
 * Reads the bytes of a safetensors file. The arrays are copies, aligned as their type needs.
 * @throws FlambeError `STATE_INVALID` where the bytes are not a sound safetensors file.
 */
export function readSafetensors(
  bytes: Uint8Array,
  { name = 'safetensors' }: { readonly name?: string } = {},
): Record<string, Tensor> {
  const { tensors, start } = readSafetensorsHeader(bytes, { name, size: bytes.length })
  return Object.fromEntries(
    Object.entries(tensors).map(([tensor, info]) => {
      const [from, to] = info.offsets
      // Not `bytes.slice`: of a Buffer that is a view, and its memory begins elsewhere.
      const copy = new Uint8Array(bytes.subarray(start + from, start + to))
      return [tensor, tensorOf(info, copy.buffer)]
    }),
  )
}

/**
 * Reads a safetensors file of any size, each tensor straight into its own memory: the file is not held beside
 * the tensors.
 * @throws FlambeError `STATE_INVALID` where it is not a sound safetensors file.
 */
export async function readSafetensorsFile(
  path: string,
  { name = basename(path), signal }: { readonly name?: string; readonly signal?: AbortSignal } = {},
): Promise<Record<string, Tensor>> {
  await using file = await open(path)
  const { size } = await file.stat()
  const first = await read(file, { from: 0, length: Math.min(8, size), name })
  const length = first.length < 8 ? 0 : Number(new DataView(first.buffer).getBigUint64(0, true))
  // A length that cannot be is refused by the header's reader, before anything is read for it.
  const known = 8 + length <= size && length <= 2 ** 27
  const head = known ? await read(file, { from: 0, length: 8 + length, name }) : first
  const { tensors, start } = readSafetensorsHeader(head, { name, size })
  const found: [string, Tensor][] = []
  for (const [tensor, info] of Object.entries(tensors)) {
    signal?.throwIfAborted()
    const [from, to] = info.offsets
    const bytes = await read(file, { from: start + from, length: to - from, name })
    found.push([tensor, tensorOf(info, bytes.buffer)])
  }
  return Object.fromEntries(found)
}

async function read(
  file: FileHandle,
  { from, length, name }: { from: number; length: number; name: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(bytes, done, Math.min(length - done, largestRead), from + done)
    if (bytesRead === 0) throw new FlambeError('STATE_INVALID', `${name} ended while it was read`)
    done += bytesRead
  }
  return bytes
}

function tensorOf({ dtype, shape }: TensorInfo, buffer: ArrayBuffer): Tensor {
  const { array: ArrayType = Uint8Array, bits } = dtypeNamed(dtype) ?? {}
  return { data: new ArrayType(buffer), shape, ...(bits && { dtype: bits }) }
}
