import { Component, Module } from 'flambe'

/** The model: a logistic regression. A trained one is saved with `save` and brought back with `load_from_path`. */
export class LinearModel extends Module {
  static version = '1.0.0'
  static state = ['weights', 'bias']

  /** @param {{ weights: number[], bias?: number }} parameters */
  constructor({ weights, bias = 0 }) {
    super()
    this.weights = Float64Array.from(weights)
    this.bias = bias
  }

  /**
   * The probability of the positive class, in 0..1.
   * @param {readonly number[]} features
   * @returns {number}
   */
  forward(features) {
    const score = this.weights.reduce(
      (sum, weight, index) => sum + weight * (features[index] ?? 0),
      this.bias,
    )
    return 1 / (1 + Math.exp(-score))
  }
}

/** The request logic around the model: what a caller sends, and what it gets. */
export class Engine extends Component {
  static version = '1.0.0'

  /** @param {{ model: LinearModel, threshold?: number }} parameters */
  constructor({ model, threshold = 0.5 }) {
    super()
    this.model = model
    this.threshold = threshold
  }

  /**
   * How likely the row is positive. The types are the schema: they check every request.
   * @param {{ features: number[] }} input
   * @returns {{ label: 'POSITIVE' | 'NEGATIVE', probability: number }}
   */
  predict({ features }) {
    const probability = this.model.forward(features)
    return { label: probability >= this.threshold ? 'POSITIVE' : 'NEGATIVE', probability }
  }
}
