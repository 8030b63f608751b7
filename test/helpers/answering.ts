import type { PredictEntry } from '../../src/artifact/index.ts'
import type { ComponentObject, JsonSchema, PredictContext } from '../../src/construct/index.ts'
import type { Answer, Question, ServeProblem } from '../../src/runtime/exchange.ts'
import {
  type AnswererOptions,
  answerQuestion,
  createAnswerer,
  ServeFailure,
} from '../../src/runtime/index.ts'

export const context: PredictContext = { signal: new AbortController().signal, id: 'q', log: () => {} }

export type Asking = {
  readonly input?: JsonSchema
  readonly output?: JsonSchema
  readonly body?: string | Uint8Array
  readonly type?: string
  readonly stream?: boolean
} & AnswererOptions

/** What a component answers to one body; without `predict` it gives back its input. */
export async function answer(
  { input = true, output = true, body = '', type = 'application/json', stream = false, ...options }: Asking,
  predict: NonNullable<ComponentObject['predict']> = (value) => value ?? null,
): Promise<Answer> {
  const described: PredictEntry = { input, output }
  const answerer = await createAnswerer({ predict } as ComponentObject, described, options)
  const question: Question = { id: 'q', contentType: type, body: Buffer.from(body), stream }
  return answerQuestion(answerer, question, context)
}

/** The JSON that is answered. */
export async function json(...args: Parameters<typeof answer>): Promise<unknown> {
  const given = await answer(...args)
  if (given.kind !== 'value') throw new Error('a stream')
  return JSON.parse(Buffer.from(given.body).toString())
}

/** The problem that is answered instead. */
export async function problem(...args: Parameters<typeof answer>): Promise<ServeProblem> {
  try {
    await answer(...args)
  } catch (error) {
    if (error instanceof ServeFailure) return error.problem
    throw error
  }
  throw new Error('it was answered')
}
