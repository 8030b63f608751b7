import { Worker } from 'node:worker_threads'
import type { ComponentSource } from '../exchange.ts'
import type { WorkerLoss } from '../observe.ts'
import { within } from '../within.ts'
import { closeTooLong } from './fault.ts'
import type { BackendOptions } from './gate.ts'
import { type FromWorker, fromWireError, type WorkerData, workerUrl } from './messages.ts'
import { observePrinted } from './printed.ts'
import type { Runner } from './runner.ts'
import type { Scheduler } from './scheduler.ts'
import { createWorkerRunner } from './worker-runner.ts'

/** Why a thread has ended. */
export type Loss = { readonly reason: WorkerLoss; readonly detail?: string }

/** A worker that answers. */
export type StartedWorker = {
  readonly runner: Runner
  /** Resolves when the thread has ended. */
  readonly ended: Promise<Loss>
  /** Closes the component and ends the thread; aborting ends it at once. */
  readonly stop: (signal?: AbortSignal) => Promise<void>
}

export type WorkerOptions = Pick<BackendOptions, 'strictOutput' | 'shutdownTimeout' | 'observe'> & {
  readonly scheduler: Scheduler
  /** Bytes of its JavaScript heap. */
  readonly workerMemory?: number | undefined
  readonly signal: AbortSignal
}

/** Calls that are with a worker at a time. */
const cellCount = 64

/** Starts a thread, and resolves when its component is ready. Rejects with what its setup threw, or why it ended. */
export async function startWorker(source: ComponentSource, options: WorkerOptions): Promise<StartedWorker> {
  const { strictOutput, workerMemory, observe, scheduler, signal } = options
  signal.throwIfAborted()
  const cells = new Int32Array(new SharedArrayBuffer(cellCount * Int32Array.BYTES_PER_ELEMENT))
  const workerData: WorkerData = { source, options: { strictOutput }, cells }
  const worker = new Worker(workerUrl(), {
    workerData,
    stdout: true,
    stderr: true,
    ...(workerMemory !== undefined && { resourceLimits: { maxOldGenerationSizeMb: workerMemory / 2 ** 20 } }),
  })
  observePrinted(worker, observe)
  const end = () => worker.terminate()
  signal.addEventListener('abort', end)
  let isUnresponsive = false
  const ended = endOf(worker).then((loss): Loss => (isUnresponsive ? { reason: 'unresponsive' } : loss))
  const { batches } = await readiness(worker, { ended, observe }).finally(() =>
    signal.removeEventListener('abort', end),
  )
  const kill = () => {
    isUnresponsive = true
    worker.terminate()
  }
  const runner = createWorkerRunner(worker, { batches, cells, scheduler, observe, kill })
  return { runner, ended, stop: (signal) => stop(worker, { ...options, ended, signal }) }
}

function endOf(worker: Worker): Promise<Loss> {
  const { promise, resolve } = Promise.withResolvers<Loss>()
  let loss: Loss | undefined
  worker.on('error', (error: Error & { readonly code?: string }) => {
    const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'out-of-memory' : 'crashed'
    loss = { reason, detail: error.stack ?? String(error) }
  })
  worker.on('exit', (code) => resolve(loss ?? { reason: 'exited', detail: `exit code ${code}` }))
  return promise
}

async function readiness(
  worker: Worker,
  { ended, observe }: { readonly ended: Promise<Loss> } & Pick<WorkerOptions, 'observe'>,
): Promise<{ readonly batches: boolean }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly batches: boolean }>()
  const listen = (message: FromWorker) => {
    if (message.type === 'ready') resolve(message)
    else if (message.type === 'failed') reject(fromWireError(message.error))
    else if (message.type === 'event') observe(message.event)
  }
  worker.on('message', listen)
  ended.then(({ reason, detail }) =>
    reject(new Error(`the worker ended while it loaded: ${detail ?? reason}`)),
  )
  return promise.finally(() => worker.off('message', listen))
}

async function stop(
  worker: Worker,
  {
    ended,
    signal,
    shutdownTimeout,
    observe,
  }: Pick<WorkerOptions, 'shutdownTimeout' | 'observe'> & {
    readonly ended: Promise<unknown>
    readonly signal: AbortSignal | undefined
  },
): Promise<void> {
  const end = () => worker.terminate()
  signal?.addEventListener('abort', end)
  if (signal?.aborted) end()
  worker.postMessage({ type: 'close' })
  if (!(await within(shutdownTimeout, ended))) {
    observe(closeTooLong(shutdownTimeout))
    end()
  }
  await ended
  signal?.removeEventListener('abort', end)
}
