import type { PredictEntry } from '../../artifact/index.ts'
import type { ComponentObject, PredictContext, Validate } from '../../construct/index.ts'
import { FlambeError } from '../../errors.ts'
import { type Answer, type Question, ServeFailure } from '../exchange.ts'
import { failure } from '../problems.ts'
import { after, isThenable } from './after.ts'
import { createInputReader, type InputReader } from './read-input.ts'
import { createOutputWriter, type OutputWriter } from './write-output.ts'

/** The three steps from a question to its answer, each a function that keeps nothing. All fail with a `ServeFailure`. */
export type Answerer = InputReader &
  OutputWriter & {
    /** The output, or a promise of it. */
    readonly predict: (input: unknown, context: PredictContext) => unknown
    /** Present where the component answers several inputs at once: the output, or the failure, of each in its place. */
    readonly predictBatch?: (
      inputs: readonly unknown[],
      context: PredictContext,
    ) => Promise<readonly unknown[]>
  }

export type AnswererOptions = {
  /** Check answers against the output schema. */
  readonly strictOutput?: boolean
  /** The check of inputs, where it is compiled already. */
  readonly validate?: Validate
}

/**
 * How a component answers, by what is described of its `predict`.
 * @throws FlambeError `COMPONENT_INVALID` for a component that has no `predict`.
 */
export async function createAnswerer(
  component: ComponentObject,
  described?: PredictEntry,
  { strictOutput = false, validate }: AnswererOptions = {},
): Promise<Answerer> {
  const { input = true, output = true, stream = false } = described ?? {}
  const name = component.constructor.name
  const batch = component.predictBatch && batchOf(component, name)
  const [reader, writer] = await Promise.all([
    createInputReader(input, { validate }),
    createOutputWriter(output, { strict: strictOutput }),
  ])
  return {
    ...reader,
    ...writer,
    predict: predictOf(component, { name, batch }),
    ...(batch && !stream && { predictBatch: batch }),
  }
}

/**
 * Reads, predicts and writes one question. Steps that do not wait follow each other at once: a promise between two of them
 * costs more than to check 30 numbers.
 */
export function answerQuestion(
  { read, predict, write }: Answerer,
  question: Question,
  context: PredictContext,
): Answer | Promise<Answer> {
  const output = after(read(question), (input) => predict(input, context))
  return after(output, (value) => write(value, question))
}

type Batch = NonNullable<Answerer['predictBatch']>

function predictOf(
  component: ComponentObject,
  { name, batch }: { readonly name: string; readonly batch: Batch | undefined },
): Answerer['predict'] {
  if (component.predict) {
    const fail = (cause: unknown): never => {
      throw predictFailure(cause, name)
    }
    return (input, context) => {
      let output: unknown
      try {
        output = component.predict?.(input, context)
      } catch (cause) {
        return fail(cause)
      }
      return isThenable(output) ? Promise.resolve(output).catch(fail) : output
    }
  }
  if (!batch) throw new FlambeError('COMPONENT_INVALID', `${name} has no method predict`)
  return async (input, context) => {
    const [output] = await batch([input], context)
    if (output instanceof ServeFailure) throw output
    return output
  }
}

function batchOf(component: ComponentObject, name: string): Batch {
  return async (inputs, context) => {
    const outputs = await callBatch(component, { inputs, context, name })
    if (!Array.isArray(outputs) || outputs.length !== inputs.length) {
      const given = Array.isArray(outputs) ? `${outputs.length} answers` : 'no list of answers'
      throw failure('output-invalid', `predictBatch of ${name} gave ${given} for ${inputs.length} inputs`)
    }
    return outputs.map((output) => (output instanceof Error ? predictFailure(output, name) : output))
  }
}

type Call = {
  readonly inputs: readonly unknown[]
  readonly context: PredictContext
  readonly name: string
}

async function callBatch(component: ComponentObject, { inputs, context, name }: Call): Promise<unknown> {
  try {
    return await component.predictBatch?.(inputs, context)
  } catch (cause) {
    throw predictFailure(cause, name)
  }
}

/**
 * An error that says itself what the caller did wrong, by a `status` from 400 to 499, is told to the caller. Any other
 * is the component's own affair: its text is for the log.
 */
function predictFailure(cause: unknown, name: string): ServeFailure {
  if (cause instanceof ServeFailure) return cause
  if (cause instanceof Error && 'status' in cause && Number.isInteger(cause.status)) {
    const status = Number(cause.status)
    if (status >= 400 && status < 500) {
      const { message: detail } = cause
      return new ServeFailure(
        { status, code: 'refused', title: 'The component refused the input', detail },
        { cause },
      )
    }
  }
  return failure(
    'predict-failed',
    `predict of ${name} threw; the log tells more under the id of this request`,
    { cause },
  )
}
