import type { Answerer } from '../answer/index.ts'
import { type Answer, ServeFailure } from '../exchange.ts'
import type { Observe } from '../observe.ts'
import { asFailure } from '../problems.ts'
import type { Numbered } from './churn.ts'
import { CallContext } from './context.ts'
import type { Asked, Reports, Running } from './reports.ts'

export type BatchPlace = {
  readonly answerer: Answerer
  readonly running: Numbered<Running>
  readonly reports: Reports
  readonly observe: Observe
}

/**
 * Answers several questions in one call. Each has its own input, its own answer and its own failure; the call is aborted
 * when nobody waits for any of them.
 */
export async function performBatch(questions: readonly Asked[], place: BatchPlace): Promise<void> {
  const { answerer, running, reports, observe } = place
  const started = performance.now()
  const context = new CallContext({ id: questions.map(({ question }) => question.id).join(',') }, observe)
  const waiting = new Set(questions.map(({ n }) => n))
  for (const n of waiting) running.set(n, { abort: (reason) => leave(n, reason) })
  const leave = (n: number, reason: Error) => {
    waiting.delete(n)
    if (waiting.size === 0) context.abort(reason)
  }
  const fail = (n: number, cause: unknown) => reports.failed(n, asFailure(cause), performance.now() - started)
  const read = await readAll(questions, answerer, fail)
  if (read.length > 0) {
    const outputs = await predictAll(read, answerer, context)
    for (const [index, { n }] of read.entries()) {
      const answer = await writeOne(outputs[index], answerer)
      if (answer instanceof Error) fail(n, answer)
      else if (answer.kind === 'value') reports.value(n, answer, performance.now() - started)
    }
  }
  for (const { n } of questions) running.delete(n)
}

type Read = { readonly n: number; readonly input: unknown }

/** The inputs of a batch: what does not fit never joins it. */
async function readAll(
  questions: readonly Asked[],
  { read }: Answerer,
  fail: (n: number, cause: unknown) => void,
): Promise<readonly Read[]> {
  const inputs: Read[] = []
  for (const { n, question } of questions) {
    try {
      inputs.push({ n, input: await read(question) })
    } catch (cause) {
      fail(n, cause)
    }
  }
  return inputs
}

/** The output or the failure of each; a failure of the whole call is that of each. */
async function predictAll(
  read: readonly Read[],
  { predictBatch }: Answerer,
  context: CallContext,
): Promise<readonly unknown[]> {
  const inputs = read.map(({ input }) => input)
  try {
    return (await predictBatch?.(inputs, context)) ?? []
  } catch (cause) {
    const failure = asFailure(cause)
    return inputs.map(() => failure)
  }
}

async function writeOne(output: unknown, { write }: Answerer): Promise<Answer | ServeFailure> {
  if (output instanceof ServeFailure) return output
  try {
    return await write(output, { stream: false })
  } catch (cause) {
    return asFailure(cause)
  }
}
