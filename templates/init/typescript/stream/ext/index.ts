import { setTimeout as sleep } from 'node:timers/promises'
import { Component, type PredictContext } from 'flambe'

/** Answers word by word: `predict` is an async generator, and the server streams what it yields. */
export class Teller extends Component {
  static override readonly version = '1.0.0'
  readonly greeting: string

  constructor({ greeting = 'Hello' }: { greeting?: string } = {}) {
    super()
    this.greeting = greeting
  }

  /** The words of a sentence about a topic, one after the other. */
  async *predict(
    { topic, words = 10 }: { topic: string /** @asType integer @minimum 1 @maximum 1000 */; words?: number },
    { signal }: PredictContext,
  ): AsyncGenerator<{ word: string }> {
    const all = `${this.greeting} there was ${topic}.`.split(' ')
    for (const word of all.slice(0, words)) {
      yield { word }
      await sleep(20, undefined, { signal })
    }
  }
}
