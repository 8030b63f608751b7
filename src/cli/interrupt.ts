import { FlambeError } from '../errors.ts'

/**
 * One AbortSignal for the whole run. The first SIGINT or SIGTERM aborts it, so that work cleans up after itself;
 * `giveUp` is called where it has not ended `patience` milliseconds later, since user code may never end. A
 * second one ends the process at once.
 */
export function interruptSignal({
  patience,
  giveUp,
}: {
  readonly patience: number
  readonly giveUp: () => void
}): AbortSignal {
  const controller = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort(new FlambeError('INTERRUPTED', `interrupted by ${signal}`))
    if (Number.isFinite(patience)) setTimeout(giveUp, patience).unref()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Until now it ended the process at once: see bin/run.js.
    process.removeAllListeners(signal).on(signal, interrupt)
  }
  return controller.signal
}
