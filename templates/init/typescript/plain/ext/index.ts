import { Component, Module } from 'flambe'

/** The model: a logistic regression. A trained one is saved with `save` and brought back with `load_from_path`. */
export class LinearModel extends Module {
  static override readonly version = '1.0.0'
  static override readonly state = ['weights', 'bias']

  weights: Float64Array
  bias: number

  constructor({ weights, bias = 0 }: { weights: number[]; bias?: number }) {
    super()
    this.weights = Float64Array.from(weights)
    this.bias = bias
  }

  /** The probability of the positive class, in 0..1. */
  forward(features: readonly number[]): number {
    const score = this.weights.reduce(
      (sum, weight, index) => sum + weight * (features[index] ?? 0),
      this.bias,
    )
    return 1 / (1 + Math.exp(-score))
  }
}

/** The request logic around the model: what a caller sends, and what it gets. */
export class Engine extends Component {
  static override readonly version = '1.0.0'
  readonly model: LinearModel
  readonly threshold: number

  constructor({
    model,
    threshold = 0.5,
  }: { model: LinearModel /** @minimum 0 @maximum 1 */; threshold?: number }) {
    super()
    this.model = model
    this.threshold = threshold
  }

  /** How likely the row is positive. The types are the schema: they check every request. */
  predict({ features }: { /** @minItems 1 */ features: number[] }): {
    label: 'POSITIVE' | 'NEGATIVE'
    probability: number
  } {
    const probability = this.model.forward(features)
    return { label: probability >= this.threshold ? 'POSITIVE' : 'NEGATIVE', probability }
  }
}
