import { type Answerer, answerQuestion } from '../answer/index.ts'
import type { Answer } from '../exchange.ts'
import type { Observe } from '../observe.ts'
import { asFailure } from '../problems.ts'
import { Numbered } from './churn.ts'
import { CallContext } from './context.ts'
import { performBatch } from './perform-batch.ts'
import { performStream } from './perform-stream.ts'
import type { Asked, Reports, Running } from './reports.ts'

/** Answers questions in the thread that holds the component. */
export type Performer = {
  /**
   * Answers one question, or several in one call of the component. Resolves when the component is free again; gives no promise
   * where it is already.
   */
  readonly perform: (questions: readonly Asked[]) => Promise<void> | undefined
  /** Nobody waits for this answer any more. */
  readonly abort: (n: number, reason: Error) => void
  /** The reader of a stream has taken so many items. */
  readonly taken: (n: number, count: number) => void
}

export type PerformerOptions = { readonly reports: Reports; readonly observe: Observe }

/** A question that is being answered. */
type One = { readonly n: number; readonly context: CallContext; readonly started: number }

export function createPerformer(answerer: Answerer, { reports, observe }: PerformerOptions): Performer {
  const running = new Numbered<Running>()
  const finish = (answer: Answer, { n, context, started }: One) => {
    if (answer.kind === 'items') return performStream(answer.items, { n, running, context, reports, started })
    running.delete(n)
    reports.value(n, answer, performance.now() - started)
    return undefined
  }
  const fail = (cause: unknown, { n, started }: One) => {
    running.delete(n)
    reports.failed(n, asFailure(cause), performance.now() - started)
    return undefined
  }
  const performOne = ({ n, question }: Asked) => {
    const context = new CallContext(question, observe)
    const one = { n, context, started: performance.now() }
    running.set(n, context)
    try {
      const answer = answerQuestion(answerer, question, context)
      if (!(answer instanceof Promise)) return finish(answer, one)
      return answer.then((given) => finish(given, one)).catch((cause) => fail(cause, one))
    } catch (cause) {
      return fail(cause, one)
    }
  }
  return {
    perform: (questions) => {
      const [first] = questions
      if (first && questions.length === 1) return performOne(first)
      return performBatch(questions, { answerer, running, reports, observe })
    },
    abort: (n, reason) => running.get(n)?.abort(reason),
    taken: (n, count) => running.get(n)?.taken?.(count),
  }
}
