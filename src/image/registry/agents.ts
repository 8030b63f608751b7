import { readFile } from 'node:fs/promises'
import type { AgentOptions, Agent as HttpAgent } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { ConnectionOptions } from 'node:tls'
import { FlambeError } from '../../errors.ts'
import { nodeHttp, nodeHttps, nodeTls } from '../../files/index.ts'
import { longestConnecting } from './exchange.ts'
import type { Environment, RegistryOptions } from './options.ts'
import { proxyFor, tunnel } from './proxy.ts'

/** Keep-alive connections, at most `connections` to one host. */
export type Agents = {
  readonly http: HttpAgent
  readonly https: HttpsAgent
  readonly close: () => void
}

export async function createAgents({
  caFile,
  insecure = false,
  connections = 6,
  env,
  idleTimeout,
}: Pick<RegistryOptions, 'caFile' | 'insecure' | 'connections' | 'env' | 'idleTimeout'>): Promise<Agents> {
  const shared: AgentOptions = { keepAlive: true, maxSockets: connections, scheduling: 'lifo' }
  // Made once: with `ca` alone Node would read all certificates again for each connection.
  const secureContext =
    caFile === undefined ? undefined : nodeTls().createSecureContext({ ca: await trusted(caFile) })
  const createHttps = () => {
    const agent = new (nodeHttps().Agent)({
      ...shared,
      rejectUnauthorized: !insecure,
      ...(secureContext && { secureContext }),
    })
    throughProxy(agent, env, { timeout: idleTimeout && Math.min(idleTimeout, longestConnecting) })
    return agent
  }
  const http = new (nodeHttp().Agent)(shared)
  let https: HttpsAgent | undefined
  return {
    http,
    get https() {
      https ??= createHttps()
      return https
    },
    close: () => {
      http.destroy()
      https?.destroy()
    },
  }
}

/** Makes `agent` reach its hosts by a tunnel where the environment says so. */
function throughProxy(
  agent: HttpsAgent,
  env: Environment | undefined,
  { timeout }: { timeout: number | undefined },
): void {
  const direct = agent.createConnection.bind(agent)
  agent.createConnection = (options, done) => {
    const { host, port = 443 } = options as ConnectionOptions
    const target = `${host}:${port}`
    const proxy = URL.canParse(`https://${target}`) ? proxyFor(new URL(`https://${target}`), env) : undefined
    if (!proxy) return direct(options, done)
    tunnel(proxy, target, { timeout }).then(
      (socket) => done?.(null, nodeTls().connect({ ...(options as ConnectionOptions), socket })),
      (error) => done?.(error, undefined as never),
    )
    return undefined
  }
}

/** The usual authorities and those of `file`. */
async function trusted(file: string): Promise<string[]> {
  const own = await readFile(file, 'utf8').catch((cause) => {
    throw new FlambeError('UNAVAILABLE', `the CA file ${file} cannot be read`, { cause })
  })
  if (!own.includes('-----BEGIN CERTIFICATE-----')) {
    throw new FlambeError('UNAVAILABLE', `the CA file ${file} holds no certificate`, {
      hint: 'it must be PEM text: -----BEGIN CERTIFICATE----- …',
    })
  }
  // Since Node 22.15 and 23.10; it has NODE_EXTRA_CA_CERTS in it.
  const usual = nodeTls().getCACertificates?.('default') ?? nodeTls().rootCertificates
  return [...usual, own]
}
