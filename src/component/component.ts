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

/**
 * An object that can be described in a spec, saved and loaded: a model, or the logic around one.
 *
 * Its constructor takes one object of named arguments and must be free of side effects that matter twice: it
 * runs at build and at every load; state is restored after it.
 *
 * @example
 * export class ClassifierEngine extends Component {
 *   readonly model: BinaryClassifier
 *   constructor({ model }: { model: BinaryClassifier }) { super(); this.model = model }
 *   predict({ features }: { features: number[] }) { return { POSITIVE: this.model.forward(features) } }
 * }
 */
export abstract class Component {
  /** Semantic version of what the class saves: another major fails to load, another minor warns. `0.0.0` = unversioned. */
  static readonly version: string = '0.0.0'
  /** Names of the attributes that are saved and restored: typed arrays, and whatever JSON can hold. */
  static readonly state: readonly string[] = []
  /** Overrides what is read from the TypeScript types. */
  static readonly schema?: DeclaredSchema
  /** Other names under which a spec may use the class. */
  static readonly aliases: readonly string[] = []

  /** Runs once after construction and state, before the first `predict`: open sessions, warm caches. */
  setup?(): void | Promise<void>
  /** Runs once at the end: close sessions. */
  close?(): void | Promise<void>
  /** The registered attributes' values. Override (with `loadState`) to save something computed. */
  saveState?(): State
  /** Takes back what `saveState` gave. */
  loadState?(state: State): void | Promise<void>
}
