import { FlambeError } from '../errors.ts'

/**
 * One AbortSignal for the whole run. The first SIGINT or SIGTERM aborts it, so that work cleans up after
 * itself; a second one ends the process at once.
 */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  const interrupt = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130)
    controller.abort(new FlambeError('INTERRUPTED', `interrupted by ${signal}`))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return controller.signal
}
