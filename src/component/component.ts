import type { DeclaredSchema, State } from '../construct/index.ts'

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
