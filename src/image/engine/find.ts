import { FlambeError } from '../../errors.ts'
import { createClient } from './client.ts'
import { type Endpoint, type EndpointOptions, findEndpoints } from './endpoint.ts'
import type { Engine } from './engine.ts'
import { engineFailure } from './failure.ts'

export type FindOptions = EndpointOptions & {
  /** Milliseconds after which an engine that says nothing counts as absent. */
  readonly patience?: number
  readonly signal?: AbortSignal | undefined
}

/** An engine that answers, or why there is none. */
export type FoundEngine =
  | { readonly engine: Engine; readonly failure?: undefined }
  | { readonly engine?: undefined; readonly failure: FlambeError }

/**
 * Looks for an engine where the docker command would, and at Podman's sockets, and asks it one small thing. What is not there is told, not thrown:
 * `UNAVAILABLE` or `DENIED` with what to do. Throws `USAGE` for a `DOCKER_HOST` or context that means nothing.
 */
export async function findEngine({ patience = 3000, ...options }: FindOptions): Promise<FoundEngine> {
  const failures: Error[] = []
  const endpoints = await findEndpoints(options)
  for (const endpoint of endpoints) {
    try {
      return { engine: await connect(endpoint, { ...options, patience }) }
    } catch (error) {
      options.signal?.throwIfAborted()
      failures.push(
        engineFailure(error, { what: `looking for an engine${by(endpoint)}`, address: endpoint.address }),
      )
    }
  }
  return { failure: worst(failures, endpoints) }
}

/** `findEngine` for those who need one. */
export async function openEngine(options: FindOptions): Promise<Engine> {
  const { engine, failure } = await findEngine(options)
  if (failure) throw failure
  return engine
}

async function connect(
  endpoint: Endpoint,
  { env, patience }: FindOptions & { patience: number },
): Promise<Engine> {
  const probe = await createClient(endpoint, { env, timeout: patience })
  const { Version, Components = [] } = await probe.version()
  const isPodman = Components.some(({ Name }) => Name === 'Podman Engine')
  const docker = await createClient(endpoint, { env })
  return { docker, address: endpoint.address, kind: isPodman ? 'podman' : 'docker', version: Version }
}

const by = ({ namedBy }: Endpoint) => (namedBy ? ` (${namedBy})` : '')

/** An engine that is there and refuses says more than places where there is none. */
function worst(failures: readonly Error[], endpoints: readonly Endpoint[]): FlambeError {
  const known = failures.filter((one) => one instanceof FlambeError)
  const denied = known.find(({ code }) => code === 'DENIED')
  if (denied) return denied
  const [only] = known
  if (only && endpoints.length === 1) return only
  const places = endpoints.map(({ address }) => address).join(', ')
  return new FlambeError('UNAVAILABLE', `no engine answers at ${places}`, {
    cause: failures[0],
    hint: 'start Docker or Podman, or name an engine with DOCKER_HOST',
  })
}
