import type { AnswererOptions } from '../answer/index.ts'
import type { ComponentSource, ServeProblem } from '../exchange.ts'
import { ServeFailure } from '../exchange.ts'
import type { ServeEvent } from '../observe.ts'
import type { PackedBody } from './packing.ts'
import type { AbortCause } from './runner.ts'

/*
 * What passes between the serving thread and a worker. Lists instead of objects where there are many: a message names every
 * property of every object in it.
 */

/** What a worker is born with. */
export type WorkerData = {
  readonly source: ComponentSource
  readonly options: AnswererOptions
  /** One cell a call: who sets it first decides whether the call begins or is taken back. */
  readonly cells: Int32Array
}

/**
 * So many questions, or answers, go as one message while others are still to come in this turn of the event loop. Without it two threads
 * work by turns, each on all that there is: a core is idle, and a thread that has slept may not be woken for milliseconds.
 */
export const handful = 16

/** States of a cell. */
export const sent = 0
export const begun = 1
export const revoked = 2

export type WireQuestion = readonly [
  n: number,
  id: string,
  contentType: string,
  stream: boolean,
  traceparent: string | undefined,
  body: PackedBody,
]

export type WireCall = readonly [cell: number, questions: readonly WireQuestion[]]

export type ToWorker =
  | { readonly type: 'calls'; readonly calls: readonly WireCall[] }
  | { readonly type: 'abort'; readonly n: number; readonly cause: AbortCause }
  | { readonly type: 'taken'; readonly n: number; readonly count: number }
  | { readonly type: 'close' }

export type WireReport =
  | readonly ['value', n: number, contentType: string, body: string | Uint8Array, computed: number]
  | readonly ['failed', n: number, failure: WireFailure, computed: number]
  | readonly ['began', n: number]
  | readonly ['item', n: number, body: PackedBody]
  | readonly ['ended', n: number, computed: number]
  | readonly ['stalled', n: number]
  /** A call that was taken back has been passed over. */
  | readonly ['skipped', cell: number]

export type FromWorker =
  | { readonly type: 'reports'; readonly reports: readonly WireReport[] }
  | { readonly type: 'ready'; readonly batches: boolean }
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'event'; readonly event: ServeEvent }

export type WireError = {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly cause?: WireError
}

export type WireFailure = { readonly problem: ServeProblem; readonly cause?: WireError }

/** Causes of causes that are told: one may lead to itself. */
const deepest = 4

/** An error as data. An error's own class and properties stay where it was thrown. */
export function toWireError(error: unknown, depth = 0): WireError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) }
  const { name, message, stack, cause } = error
  return {
    name,
    message,
    ...(stack !== undefined && { stack }),
    ...(cause !== undefined && depth < deepest && { cause: toWireError(cause, depth + 1) }),
  }
}

export function fromWireError({ name, message, stack, cause }: WireError): Error {
  const error = new Error(message, cause && { cause: fromWireError(cause) })
  error.name = name
  if (stack !== undefined) error.stack = stack
  return error
}

export function toWireFailure({ problem, cause }: ServeFailure): WireFailure {
  return { problem, ...(cause !== undefined && { cause: toWireError(cause) }) }
}

export function fromWireFailure({ problem, cause }: WireFailure): ServeFailure {
  return new ServeFailure(problem, cause && { cause: fromWireError(cause) })
}

/** The module that a worker runs: beside this folder, where the sources lie and in a bundle's folder of chunks. */
export function workerUrl(): URL {
  return new URL(`../worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url)
}
