import { readFileSync } from 'node:fs'
import { Component, Module, readSafetensors } from 'flambe'

/** Logistic regression on standardised features: p = sigmoid(weight · (x − mean) / std + bias). */
export class BinaryClassifier extends Module {
  static override readonly version = '1.0.0'
  static override readonly state = ['weight', 'bias', 'mean', 'std']

  weight: Float32Array
  bias: Float32Array
  mean: Float32Array
  std: Float32Array

  /** An untrained model: all weights are zero, and every answer is 0.5. */
  constructor({ features }: { /** @asType integer @minimum 1 */ features: number }) {
    super()
    this.weight = new Float32Array(features)
    this.bias = new Float32Array(1)
    this.mean = new Float32Array(features)
    this.std = new Float32Array(features).fill(1)
  }

  /** A trained model from a safetensors file with `weight`, `bias`, `mean` and `std`. */
  static fromSafetensors({ path }: { path: string }): BinaryClassifier {
    const tensors = readSafetensors(readFileSync(path))
    const floats = (name: string): Float32Array => {
      const data = tensors[name]?.data
      if (!(data instanceof Float32Array)) throw new TypeError(`${path} has no F32 tensor "${name}"`)
      return data
    }
    const model = BinaryClassifier.create({ features: floats('weight').length })
    return Object.assign(model, {
      weight: floats('weight'),
      bias: floats('bias'),
      mean: floats('mean'),
      std: floats('std'),
    })
  }

  /** The probability of the positive class, in 0..1. */
  forward(features: readonly number[]): number {
    const logit = this.weight.reduce((sum, weight, index) => {
      const value = features[index] ?? 0
      return sum + (weight * (value - (this.mean[index] ?? 0))) / (this.std[index] ?? 1)
    }, this.bias[0] ?? 0)
    return 1 / (1 + Math.exp(-logit))
  }
}

/** The request logic around the model: named probabilities from a row of measurements. */
export class ClassifierEngine extends Component {
  static override readonly version = '1.0.0'
  readonly model: BinaryClassifier

  constructor({ model }: { model: BinaryClassifier }) {
    super()
    this.model = model
  }

  /** The probability that the tumour is malignant (POSITIVE) or benign (NEGATIVE). */
  predict({
    features,
  }: {
    /** 30 measurements, in the order of the data's header. @minItems 30 @maxItems 30 */ features: number[]
  }): {
    POSITIVE: number
    NEGATIVE: number
  } {
    const p = this.model.forward(features)
    return { POSITIVE: p, NEGATIVE: 1 - p }
  }
}
