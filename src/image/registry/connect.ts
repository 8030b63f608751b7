import { createGuard } from './addresses.ts'
import { createAgents } from './agents.ts'
import { Authorizer } from './auth.ts'
import { cachePaths, forget, readJson, writeJson } from './cache.ts'
import { parseStoredChallenge } from './challenge.ts'
import { systemClock } from './clock.ts'
import { findCredentials } from './credentials.ts'
import { Endpoint } from './endpoint.ts'
import type { RegistryOptions } from './options.ts'
import { quirksOf } from './quirks.ts'
import type { Reference } from './reference.ts'
import { Registry } from './registry.ts'
import { createSecrets } from './secrets.ts'
import { fetchToken } from './token.ts'
import { createTransport } from './transport.ts'

/** Opens the registry of a reference. Nothing is sent before the first request. */
export async function connect(
  { registry, repository }: Pick<Reference, 'registry' | 'repository'>,
  options: RegistryOptions = {},
): Promise<Registry> {
  const { clock = systemClock, random, signal, env, cacheDirectory, insecure, idleTimeout } = options
  const quirks = quirksOf(registry)
  const secrets = createSecrets(env)
  const endpoint = new Endpoint(quirks.apiHost ?? registry, options)
  const guard = createGuard(() => endpoint.root, options)
  const transport = createTransport({ agents: await createAgents(options), guard, env, idleTimeout })
  // A registry that anyone could have answered for gets no say in where credentials go next time.
  const memory = cacheDirectory && !insecure ? cachePaths(cacheDirectory).challenge(registry) : undefined
  const authorizer: Authorizer = new Authorizer({
    credentials: () => findCredentials({ registry, repository }, options),
    remembered: parseStoredChallenge(await readJson(memory)),
    remember: (challenge) => (challenge ? writeJson(memory, challenge) : forget(memory)),
    now: clock.now,
    keepSecret: secrets.keep,
    fetchToken: async ({ realm, service }, scopes, credentials) => {
      const step = `logging in at ${new URL(realm).host}`
      const { isLoggedIn: loggedIn } = authorizer
      const context = { registry, repository, step, quirks, loggedIn, redact: secrets.redact }
      await guard(new URL(realm))
      const asked = { realm: new URL(realm), service, scopes, credentials }
      const { send } = transport
      // A temporary failure is one of the request that needs the token: that is tried again.
      return await fetchToken(asked, { send, now: clock.now, context, signal })
    },
  })
  return new Registry({
    name: registry,
    quirks,
    endpoint,
    transport,
    authorizer,
    guard,
    redact: secrets.redact,
    clock,
    random,
    signal,
  })
}
