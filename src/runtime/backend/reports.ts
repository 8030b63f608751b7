import type { Question, ServeFailure } from '../exchange.ts'

/** A question with its number in this process. */
export type Asked = { readonly n: number; readonly question: Question }

export type Value = { readonly contentType: string; readonly body: string | Uint8Array }

/**
 * What is told of each question while it is answered. It ends with exactly one of `value`, `failed` and `ended`; these
 * tell how many milliseconds the component took.
 */
export type Reports = {
  readonly value: (n: number, value: Value, computed: number) => void
  readonly failed: (n: number, failure: ServeFailure, computed: number) => void
  /** The answer is a stream: its items follow. */
  readonly began: (n: number) => void
  readonly item: (n: number, item: Uint8Array) => void
  readonly ended: (n: number, computed: number) => void
  /** The stream waits for its reader: what computes it is free for other questions. */
  readonly stalled: (n: number) => void
}

/** What can still be told to a question that is being answered. */
export type Running = {
  readonly abort: (reason: Error) => void
  /** The reader of its stream has taken so many items. */
  readonly taken?: (count: number) => void
}

/** Items that a stream may be ahead of its reader. */
export const streamWindow = 16
