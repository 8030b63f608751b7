import { Component } from 'flambe'
import { InferenceSession, Tensor } from 'onnxruntime-node'

/** @typedef {number | Nested[]} Nested A tensor as JSON: lists in lists, or one number. */

/** Runs any network in ONNX format: its inputs and outputs by their names. */
export class OnnxModel extends Component {
  static version = '1.0.0'
  #file
  /** @type {InferenceSession | undefined} */
  #session

  /** @param {{ model: string }} parameters */
  constructor({ model }) {
    super()
    this.#file = model
  }

  async setup() {
    this.#session = await InferenceSession.create(this.#file)
  }

  async close() {
    await this.#session?.release()
  }

  /**
   * The outputs of the network.
   * @param {{ inputs: Record<string, Nested> }} input
   * @returns {Promise<{ outputs: Record<string, Nested> }>}
   */
  async predict({ inputs }) {
    const session = this.#session
    if (!session) throw new Error('setup has not run')
    const feeds = session.inputMetadata.map((wanted) => [wanted.name, feedOf(wanted, inputs[wanted.name])])
    const results = await session.run(Object.fromEntries(feeds))
    const outputs = Object.entries(results).map(([name, { data, dims }]) => [name, nestedOf(data, dims)])
    return { outputs: Object.fromEntries(outputs) }
  }
}

/** What the caller gives for an input; a problem of the caller's is told to the caller. */
function feedOf(wanted, value) {
  const { type = 'float32', shape = [] } = wanted.isTensor ? wanted : {}
  const tensor = value === undefined ? undefined : tensorOf(value, type)
  if (tensor && tensor.dims.length === shape.length) return tensor
  const given = tensor ? `[${tensor.dims.join(', ')}]` : 'nothing'
  const message = `inputs.${wanted.name} takes ${type} [${shape.join(', ')}], and got ${given}`
  throw Object.assign(new Error(message), { status: 422 })
}

/** @param {Nested} value @param {string} type @returns {Tensor} */
function tensorOf(value, type) {
  const dims = []
  for (let level = value; Array.isArray(level); level = level[0]) dims.push(level.length)
  const flat = [value].flat(Number.POSITIVE_INFINITY)
  return new Tensor(type, type === 'int64' ? BigInt64Array.from(flat, BigInt) : flat, dims)
}

/** @returns {Nested} */
function nestedOf(data, dims, start = 0) {
  const [length, ...rest] = dims
  if (length === undefined) return Number(data[start] ?? 0)
  const step = rest.reduce((product, dim) => product * dim, 1)
  return Array.from({ length }, (_, index) => nestedOf(data, rest, start + index * step))
}
