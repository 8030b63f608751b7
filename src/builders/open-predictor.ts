import { randomUUID } from 'node:crypto'
import { closeAll, type PredictContext } from '../construct/index.ts'
import { FlambeError } from '../errors.ts'
import type { Progress } from '../progress.ts'
import { createPredictor } from '../runtime/index.ts'
import { openComponent } from './open-component.ts'
import type { RunSpecOptions } from './run-spec.ts'

/** Answers of one component in this process, until it is closed. */
export type OpenedPredictor = {
  readonly answer: (input: unknown) => Promise<unknown>
  readonly close: () => Promise<void>
}

/** Opens the component of a spec or an artifact for asking. */
export async function openPredictor(location: string, options: RunSpecOptions): Promise<OpenedPredictor> {
  const { component, predict } = await openComponent(location, options)
  const predictor = await createPredictor(component, predict)
  return {
    answer: async (input) => {
      try {
        return await predictor.predict(input, contextOf(options))
      } catch (cause) {
        options.signal.throwIfAborted()
        if (cause instanceof FlambeError) throw cause
        const reason = cause instanceof Error ? cause.message : String(cause)
        throw new FlambeError(
          'COMPONENT_FAILED',
          `predict of ${component.constructor.name} threw: ${reason}`,
          { cause },
        )
      }
    },
    close: () => closeAll(component),
  }
}

function contextOf({ signal, progress }: { signal: AbortSignal; progress: Progress }): PredictContext {
  return {
    signal,
    id: randomUUID(),
    log: (message, fields) =>
      progress({ type: 'notice', message: fields ? `${message} ${JSON.stringify(fields)}` : message }),
  }
}
