import module from 'node:module'

// One state a thread, under a global symbol: a hook cannot be taken back, and two copies of flambe must share it.
const key = Symbol.for('flambe.user-modules')

type State = {
  /** What `import 'flambe'` means in user code. */
  flambe: string
  /** Compiled code that lies elsewhere than its source: URL of the module -> URL that its packages are resolved from. */
  readonly parents: Map<string, string>
}

/**
 * Makes `import 'flambe'` in user code, and in the packages that it uses, mean this very copy of flambe, so that
 * `instanceof Component` holds: the module that is given, else the one of an earlier call, else what needs no build.
 */
export function mapUserModules({ flambe }: { flambe?: string | undefined } = {}): void {
  const state = stateOf()
  if (flambe !== undefined) state.flambe = flambe
}

/** What a compiled module exports; bare imports in it are resolved as if it stood at `parent`. */
export async function importCompiled(
  url: string,
  { parent }: { parent: string },
): Promise<Readonly<Record<string, unknown>>> {
  stateOf().parents.set(url, parent)
  const exported = (await import(url)) as Readonly<Record<string, unknown>>
  const { default: whole, ...named } = exported
  // A CommonJS entry module, once compiled, has all that it exports in `default`.
  const only = Object.keys(named).length === 0 && typeof whole === 'object' && whole !== null
  return only ? { ...whole } : { ...exported }
}

function stateOf(): State {
  const holder = globalThis as typeof globalThis & { [key]?: State }
  const known = holder[key]
  if (known) return known
  const state: State = { flambe: ownEntry(), parents: new Map() }
  Object.defineProperty(holder, key, { value: state })
  module.registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier === 'flambe') return { url: state.flambe, shortCircuit: true }
      const parent = context.parentURL === undefined ? undefined : state.parents.get(context.parentURL)
      return next(
        specifier,
        parent === undefined || specifier.startsWith('.') ? context : { ...context, parentURL: parent },
      )
    },
  })
  return state
}

/** The API for user code, beside this folder: `.ts` where the sources run, `.js` where the build does. */
function ownEntry(): string {
  return new URL(`../user-api${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url).href
}
