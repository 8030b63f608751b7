import { setTimeout as sleep } from 'node:timers/promises'
import { Component } from 'flambe'

/** Answers word by word: `predict` is an async generator, and the server streams what it yields. */
export class Teller extends Component {
  static version = '1.0.0'

  /** @param {{ greeting?: string }} [parameters] */
  constructor({ greeting = 'Hello' } = {}) {
    super()
    this.greeting = greeting
  }

  /**
   * The words of a sentence about a topic, one after the other.
   * @param {{ topic: string, words?: number }} input
   * @param {import('flambe').PredictContext} context
   * @returns {AsyncGenerator<{ word: string }>}
   */
  async *predict({ topic, words = 10 }, { signal }) {
    const all = `${this.greeting} there was ${topic}.`.split(' ')
    for (const word of all.slice(0, words)) {
      yield { word }
      await sleep(20, undefined, { signal })
    }
  }
}
