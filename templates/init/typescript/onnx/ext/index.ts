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
    const feeds = session.inputMetadata.map((wanted) => [wanted.name, feedOf(wanted, inputs[wanted.name])])
    const results = await session.run(Object.fromEntries(feeds))
    const outputs = Object.entries(results).map(([name, { data, dims }]) => [
      name,
      nestedOf(data as Numbers, dims),
    ])
    return { outputs: Object.fromEntries(outputs) }
  }
}

type Wanted = InferenceSession['inputMetadata'][number]

/** What the caller gives for an input; a problem of the caller's is told to the caller. */
function feedOf(wanted: Wanted, value: Nested | undefined): Tensor {
  const { type, shape } = wanted.isTensor ? wanted : { type: 'float32' as const, shape: [] }
  const tensor = value === undefined ? undefined : tensorOf(value, type)
  if (tensor && tensor.dims.length === shape.length) return tensor
  const given = tensor ? `[${tensor.dims.join(', ')}]` : 'nothing'
  const message = `inputs.${wanted.name} takes ${type} [${shape.join(', ')}], and got ${given}`
  throw Object.assign(new Error(message), { status: 422 })
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
