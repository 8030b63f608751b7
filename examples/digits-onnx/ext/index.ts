import { Component } from 'flambe'
import { InferenceSession, Tensor } from 'onnxruntime-node'

const side = 8

/** Reads handwritten digits with a convolutional network in ONNX format. */
export class DigitReader extends Component {
  static override readonly version = '1.0.0'
  readonly #weights: string
  #session: InferenceSession | undefined

  constructor({ weights }: { /** The network: a path of an .onnx file. */ weights: string }) {
    super()
    this.#weights = weights
  }

  override async setup(): Promise<void> {
    this.#session = await InferenceSession.create(this.#weights)
  }

  override async close(): Promise<void> {
    await this.#session?.release()
  }

  /** The digit in a picture of 8 by 8 pixels. */
  async predict({
    image,
  }: {
    /** Rows of pixels, 0 is white and 1 is black. @minItems 8 @maxItems 8 */ image: number[][]
  }): Promise<{
    label: number
    probabilities: Float32Array
  }> {
    if (!this.#session) throw new Error('setup has not run')
    const input = new Tensor('float32', Float32Array.from(image.flat()), [1, 1, side, side])
    const { probabilities } = await this.#session.run({ image: input })
    const found = Float32Array.from(probabilities?.data as Float32Array)
    return { label: found.indexOf(Math.max(...found)), probabilities: found }
  }
}
