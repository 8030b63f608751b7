import { Component } from 'flambe'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** A tensor as JSON: lists in lists, or one number. */
export type Nested = number | Nested[]

type Numbers = ArrayLike<number | bigint>

/** Runs any network in ONNX format: its inputs and outputs by their names. */
export class OnnxModel extends Component {
  static override readonly version = '1.0.0'
  readonly #file: string
  #session: InferenceSession | undefined

  constructor({ model }: { /** The network: an .onnx file. */ model: string }) {
    super()
    this.#file = model
  }

  override async setup(): Promise<void> {
    this.#session = await InferenceSession.create(this.#file)
  }

  override async close(): Promise<void> {
    await this.#session?.release()
  }

  /** The outputs of the network. */
  async predict({
    inputs,
  }: {
    inputs: Record<string, Nested>
  }): Promise<{ outputs: Record<string, Nested> }> {
    const session = this.#session
    if (!session) throw new Error('setup has not run')
    const types = new Map(
      session.inputMetadata.map((input) => [input.name, input.isTensor ? input.type : 'float32']),
    )
    const feeds = Object.entries(inputs).map(([name, value]) => [
      name,
      tensorOf(value, types.get(name) ?? 'float32'),
    ])
    const results = await session.run(Object.fromEntries(feeds))
    const outputs = Object.entries(results).map(([name, { data, dims }]) => [
      name,
      nestedOf(data as Numbers, dims),
    ])
    return { outputs: Object.fromEntries(outputs) }
  }
}

function tensorOf(value: Nested, type: Tensor.Type): Tensor {
  const dims: number[] = []
  for (let level: Nested | undefined = value; Array.isArray(level); level = level[0]) dims.push(level.length)
  const flat = [...numbersOf(value)]
  return type === 'int64'
    ? new Tensor(type, BigInt64Array.from(flat, BigInt), dims)
    : new Tensor(type as 'float32', flat, dims)
}

function* numbersOf(value: Nested): Generator<number> {
  if (!Array.isArray(value)) return void (yield value)
  for (const part of value) yield* numbersOf(part)
}

function nestedOf(data: Numbers, dims: readonly number[], start = 0): Nested {
  const [length, ...rest] = dims
  if (length === undefined) return Number(data[start] ?? 0)
  const step = rest.reduce((product, dim) => product * dim, 1)
  return Array.from({ length }, (_, index) => nestedOf(data, rest, start + index * step))
}
