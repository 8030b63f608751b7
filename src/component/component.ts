import { load, save } from '../artifact/index.ts'
import {
  type ComponentClass,
  type ComponentObject,
  componentBrand,
  configOfArguments,
  type DeclaredSchema,
  type FactoryContext,
  registeredState,
  registerState,
  rememberMaking,
  restoreRegistered,
  type State,
} from '../construct/index.ts'
import type { Progress } from '../progress.ts'

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
export abstract class Component implements ComponentObject {
  /** Semantic version of what the class saves: another major fails to load, another minor warns. `0.0.0` = unversioned. */
  static readonly version: string = '0.0.0'
  /** Names of the attributes that are saved and restored: typed arrays, and whatever is data. Subclasses add to it. */
  static readonly state: readonly string[] = []
  /** Overrides what is read from the TypeScript types. */
  static readonly schema?: DeclaredSchema
  /** Other names under which a spec may use the class. */
  static readonly aliases: readonly string[] = []

  // A prototype getter, so that subclasses need not call anything for it; see `componentBrand`.
  get [componentBrand](): true {
    return true
  }

  /** Runs once after construction and state, before the first `predict`: open sessions, warm caches. */
  setup?(): void | Promise<void>
  /** Runs once at the end: close sessions. */
  close?(): void | Promise<void>

  /** What is saved: the registered attributes' values. Override it, with `loadState`, to save something computed. */
  saveState(): State {
    return registeredState(this)
  }

  /** Takes back what `saveState` gave. */
  loadState(state: State): void | Promise<void> {
    restoreRegistered(this, state)
  }

  /** `new` that remembers its arguments: an object made so can be saved with its config and loaded again. */
  static create<T extends new (args: never) => Component>(
    this: T,
    args: ConstructorParameters<T>[0],
  ): InstanceType<T> {
    const object = Reflect.construct(this, [args]) as InstanceType<T>
    const given: Readonly<Record<string, unknown>> = { ...(args as object | undefined) }
    rememberMaking(object, { config: { $type: this.name, args: configOfArguments(given) }, args: given })
    return object
  }

  /** An object of this class as it is now, with the config and the state that were saved at `path`. */
  static async loadFromPath<T extends ComponentClass>(
    this: T,
    path: string | { readonly path: string },
    options: Partial<FactoryContext> & { readonly progress?: Progress; readonly signal?: AbortSignal } = {},
  ): Promise<InstanceType<T>> {
    const location = typeof path === 'string' ? path : path.path
    const { load: bring = load, ...more } = options
    return (await bring(location, { ...more, as: this })) as InstanceType<T>
  }

  /** Adds attributes of this object to those that are saved; call it at the end of the constructor. */
  protected registerState(...names: readonly string[]): void {
    registerState(this, names)
  }

  /** Saves the object's config and state in a folder. It holds no code: load it with the class's `loadFromPath`. */
  async save(
    path: string,
    options: { readonly force?: boolean; readonly compress?: boolean } = {},
  ): Promise<void> {
    await save(this, path, options)
  }
}
