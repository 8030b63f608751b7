import { watchFiles } from '../files/index.ts'
import { silent } from '../progress.ts'
import { type ArtifactServer, resolveSettings, type ServeLog, serveArtifact } from '../runtime/index.ts'
import { type PlacedComponent, placeComponent } from './place-component.ts'
import type { RunSpecOptions } from './run-spec.ts'

export type ServeComponentOptions = RunSpecOptions & {
  /** Settings by flag. */
  readonly flags: Readonly<Record<string, unknown>>
  /** Settings are read from it, and `OTEL_*`. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: ServeLog
  /** Builds again when a source changes; the earlier component answers until the new one can. */
  readonly watch?: {
    readonly onSwapped: (milliseconds: number) => void
    readonly onFailed: (error: unknown) => void
  }
}

/** Serves the component of a spec or an artifact in this process, as an image of it would. */
export async function serveComponent(
  location: string,
  { flags, environment, log, watch, ...options }: ServeComponentOptions,
): Promise<ArtifactServer> {
  let placed = await placeComponent(location, options)
  const { serve: spec } = placed.artifact.manifest
  const started = async () => {
    const settings = resolveSettings({ flags, environment, spec })
    return serveArtifact(placed.artifact, { settings, environment, log })
  }
  const server = await orRemove(placed, started)
  const rebuild = async () => {
    const next = await placeComponent(location, { ...options, progress: silent })
    await orRemove(next, () => server.swap(next.artifact))
    const earlier = placed
    placed = next
    await earlier.remove()
    return next.sources
  }
  const watching = watch && watchSources(placed.sources, rebuild, watch)
  return {
    ...server,
    stop: async () => {
      // At the same time: a swap that is under way waits for questions, and those have until the server stops.
      await Promise.all([watching?.close(), server.stop()])
      await placed.remove()
    },
  }
}

/** Rebuilds one at a time; what changes meanwhile is built after it. */
function watchSources(
  sources: readonly string[],
  rebuild: () => Promise<readonly string[]>,
  { onSwapped, onFailed }: NonNullable<ServeComponentOptions['watch']>,
): { readonly close: () => Promise<void> } {
  let isClosed = false
  let running = Promise.resolve()
  const run = async () => {
    if (isClosed) return
    const started = performance.now()
    try {
      watching.set(await rebuild())
      onSwapped(performance.now() - started)
    } catch (error) {
      onFailed(error)
    }
  }
  const watching = watchFiles(sources, () => {
    running = running.then(run)
  })
  return {
    close: async () => {
      isClosed = true
      watching.close()
      await running
    },
  }
}

async function orRemove<T>(placed: PlacedComponent, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    await placed.remove()
    throw error
  }
}
