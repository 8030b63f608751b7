/** An input of a network: `dims` has 1 where the size is left open. */
export type OnnxInput = { readonly name: string; readonly dims: readonly number[] }

/** One field of a message: a number, or bytes that may be a message again. */
type Field = { readonly number: number; readonly value: bigint | Uint8Array }

// Field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const model = { graph: 7 }
const graph = { initializer: 5, input: 11 }
const tensor = { name: 8 }
const valueInfo = { name: 1, type: 2 }
const typeProto = { tensorType: 1 }
const tensorType = { shape: 2 }
const shape = { dim: 1 }
const dimension = { value: 1 }

/** The inputs that a file in ONNX format asks for; those that it gives a value itself are left out. Empty for any other file. */
export function readOnnxInputs(bytes: Uint8Array): readonly OnnxInput[] {
  try {
    const parts = [...fieldsOf(bytes)].filter(({ number }) => number === model.graph).flatMap(below)
    const given = new Set(parts.filter(({ number }) => number === graph.initializer).map(initializerName))
    return parts
      .filter(({ number }) => number === graph.input)
      .map(inputOf)
      .filter(({ name }) => !given.has(name))
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}

function initializerName(field: Field): string {
  return textOf(below(field).find(({ number }) => number === tensor.name))
}

function inputOf(field: Field): OnnxInput {
  const info = below(field)
  const dims = info
    .filter(({ number }) => number === valueInfo.type)
    .flatMap((type) => pathOf(type, [typeProto.tensorType, tensorType.shape, shape.dim]))
    .map((dim) => Number(below(dim).find(({ number }) => number === dimension.value)?.value ?? 1))
  return { name: textOf(info.find(({ number }) => number === valueInfo.name)), dims }
}

/** The fields that a way of field numbers leads to. */
function pathOf(field: Field, [next, ...rest]: readonly number[]): readonly Field[] {
  if (next === undefined) return [field]
  return below(field)
    .filter(({ number }) => number === next)
    .flatMap((one) => pathOf(one, rest))
}

function below({ value }: Field): readonly Field[] {
  return typeof value === 'bigint' ? [] : [...fieldsOf(value)]
}

function textOf(field: Field | undefined): string {
  return field && typeof field.value !== 'bigint' ? new TextDecoder().decode(field.value) : ''
}

/** https://protobuf.dev/programming-guides/encoding. Throws a `RangeError` for bytes that are no message. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      if (shift > 63n) throw new RangeError('a number of over 64 bits')
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('a field that goes on after the end')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = Number(varint())
    const [number, kind] = [Math.floor(key / 8), key % 8]
    if (kind === 0) yield { number, value: varint() }
    else if (kind === 1) yield { number, value: take(8) }
    else if (kind === 2) yield { number, value: take(Number(varint())) }
    else if (kind === 5) yield { number, value: take(4) }
    else throw new RangeError(`a field of the unknown kind ${kind}`)
  }
}
