import { celsiusOf, type Reading } from '@acme/measures'
import { Component } from 'flambe'

/** Says whether a body temperature is a fever. */
export class FeverScreen extends Component {
  static override readonly version = '1.0.0'
  readonly threshold: number

  constructor({
    threshold = 38,
  }: { /** Degrees Celsius. @minimum 35 @maximum 42 */ threshold?: number } = {}) {
    super()
    this.threshold = threshold
  }

  predict({ temperature }: { temperature: Reading }): { celsius: number; fever: boolean } {
    const celsius = celsiusOf(temperature)
    return { celsius, fever: celsius >= this.threshold }
  }
}
