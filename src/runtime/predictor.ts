import type { PredictEntry } from '../artifact/index.ts'
import {
  type ComponentObject,
  compileValidator,
  type PredictContext,
  type Violation,
} from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import { encodeOutput } from './encode-output.ts'
import { reviver } from './revive.ts'

/** `predict` of one component, with its input checked and revived, and its output made JSON. */
export type Predictor = {
  /** True where an answer is a stream of items. */
  readonly streams: boolean
  /** Every way in which the input does not fit. */
  readonly violations: (input: unknown) => readonly Violation[]
  /** The answer as JSON data; of a stream, all its items as a list. */
  readonly predict: (input: unknown, context: PredictContext) => Promise<unknown>
  /** The items of the answer, one by one; an answer that is no stream is one item. */
  readonly stream: (input: unknown, context: PredictContext) => AsyncGenerator<unknown>
}

/** @throws FlambeError `COMPONENT_INVALID` for a component that has no `predict`. */
export async function createPredictor(
  component: ComponentObject,
  described?: PredictEntry,
): Promise<Predictor> {
  const { input = true, stream = false } = described ?? {}
  const check = await compileValidator(input)
  const revive = reviver(input)
  const call = callOf(component)
  const answer = async (value: unknown, context: PredictContext) => {
    const found = check(value)
    if (found.length > 0) throw misfit(found)
    return call(revive(value), context)
  }
  const items = async function* (value: unknown, context: PredictContext): AsyncGenerator<unknown> {
    const given = await answer(value, context)
    if (!isStream(given)) return void (yield encodeOutput(given))
    for await (const item of given) yield encodeOutput(item)
  }
  return {
    streams: stream,
    violations: check,
    stream: items,
    predict: async (value, context) => {
      const given = await answer(value, context)
      if (!isStream(given)) return encodeOutput(given)
      const all: unknown[] = []
      for await (const item of given) all.push(encodeOutput(item))
      return all
    },
  }
}

type Call = (input: unknown, context: PredictContext) => Promise<unknown>

/** `predict`, or a batch of one for a component that has `predictBatch` alone. */
function callOf(component: ComponentObject): Call {
  const { predict, predictBatch } = component
  if (predict) return async (input, context) => predict.call(component, input, context)
  if (predictBatch) {
    return async (input, context) => {
      const answers = await predictBatch.call(component, [input], context)
      return Array.isArray(answers) ? answers[0] : undefined
    }
  }
  throw new FlambeError('COMPONENT_INVALID', `${component.constructor.name} has no method predict`)
}

/** All violations in one failure; the server answers them as problem details. */
function misfit(violations: readonly Violation[]): FlambeError {
  const told = violations.map(
    ({ pointer, message }) => `${pointer === '' ? 'the input' : pointer} ${message}`,
  )
  return new FlambeError('INPUT_INVALID', `the input does not fit: ${told.slice(0, 5).join('; ')}`, {
    problems: told.map((message) => ({ severity: 'error', message })),
    hint: 'flambe inspect shows the schema of the input',
  })
}

function isStream(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value !== 'object' || value === null) return false
  return Symbol.asyncIterator in value || (Symbol.iterator in value && 'next' in value)
}
