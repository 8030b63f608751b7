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

export function createPerformer(answerer: Answerer, { reports, observe }: PerformerOptions): Performer {
  const running = new Numbered<Running>()
  const performOne = ({ n, question }: Asked) => {
    const started = performance.now()
    const context = new CallContext(question, observe)
    running.set(n, context)
    const finish = (answer: Answer) => {
      if (answer.kind === 'items')
        return performStream(answer.items, { n, running, context, reports, started })
      running.delete(n)
      reports.value(n, answer, performance.now() - started)
      return undefined
    }
    const fail = (cause: unknown) => {
      running.delete(n)
      reports.failed(n, asFailure(cause), performance.now() - started)
      return undefined
    }
    try {
      const answer = answerQuestion(answerer, question, context)
      return answer instanceof Promise ? answer.then(finish).catch(fail) : finish(answer)
    } catch (cause) {
      return fail(cause)
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
