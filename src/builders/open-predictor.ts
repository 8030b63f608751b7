import { randomUUID } from 'node:crypto'
import { closeAll, type PredictContext } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import type { Progress } from '../progress.ts'
import { createAnswerer, ServeFailure } from '../runtime/index.ts'
import { inputFailure } from './input-failure.ts'
import { openComponent } from './open-component.ts'
import type { RunSpecOptions } from './run-spec.ts'

/** Answers of one component in this process, until it is closed. */
export type OpenedPredictor = {
  readonly answer: (input: unknown) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Opens the component of a spec or an artifact for asking. */
export async function openPredictor(location: string, options: RunSpecOptions): Promise<OpenedPredictor> {
  const { component, predict: described, validate } = await openComponent(location, options)
  const { check, predict, toData } = await createAnswerer(component, described, {
    ...(validate && { validate }),
  })
  return {
    answer: async (input) => {
      try {
        return await toData(await predict(check(input), contextOf(options)))
      } catch (cause) {
        options.signal.throwIfAborted()
        throw cause instanceof ServeFailure ? told(cause, component.constructor.name) : cause
      }
    },
    close: () => closeAll(component),
  }
}

/** A failure as the person at the terminal should see it: the component is theirs, so nothing is held back. */
function told(failure: ServeFailure, name: string): FlambeError {
  const { code, violations = [] } = failure.problem
  if (code === 'input-invalid') return inputFailure(violations)
  if (code === 'output-invalid')
    return new FlambeError('OUTPUT_INVALID', failure.message, { cause: failure.cause })
  const reason = failure.cause instanceof Error ? failure.cause.message : String(failure.cause)
  return new FlambeError('COMPONENT_FAILED', `predict of ${name} threw: ${reason}`, { cause: failure.cause })
}

function contextOf({ signal, progress }: { signal: AbortSignal; progress: Progress }): PredictContext {
  return {
    signal,
    id: randomUUID(),
    log: (message, fields) =>
      progress({ type: 'notice', message: fields ? `${message} ${JSON.stringify(fields)}` : message }),
  }
}
