import type { JsonSchema } from './json-schema.ts'

/** What `predict` is told beside its input. */
export type PredictContext = {
  /** Aborts when the caller has gone, the deadline is over or the server stops. */
  readonly signal: AbortSignal
  /** The request's id, as in the logs. */
  readonly id: string
  /** Writes a line into the server's log, with the request's id. */
  readonly log: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

/** Schemas that a class declares itself instead of having them read from its TypeScript types. */
export type DeclaredSchema = {
  readonly parameters?: JsonSchema
  readonly input?: JsonSchema
  readonly output?: JsonSchema
}

/** Registered attributes of one component: its own, not those of the components in it. */
export type State = Readonly<Record<string, unknown>>

/** A component as the rooms see it: what it may do, whichever class (or copy of flambe) made it. */
export type ComponentObject = {
  setup?(): void | Promise<void>
  close?(): void | Promise<void>
  predict?(input: unknown, context: PredictContext): unknown
  predictBatch?(inputs: readonly unknown[], context: PredictContext): unknown
  saveState?(): State
  loadState?(state: State): void | Promise<void>
}

/** The static side of a component's class. */
export type ComponentClass = {
  new (args: never): ComponentObject
  readonly version?: string
  readonly state?: readonly string[]
  readonly schema?: DeclaredSchema
  readonly aliases?: readonly string[]
}
