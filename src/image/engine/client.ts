import { readFile } from 'node:fs/promises'
import type { Agent as HttpAgent } from 'node:http'
import type Docker from 'dockerode'
import { nodeHttps } from '../../files/index.ts'
import type { Environment } from '../registry/index.ts'
import type { Endpoint } from './endpoint.ts'
import { sshAgent } from './ssh.ts'

/** A client for an endpoint; nothing is sent yet. `timeout`: milliseconds of silence after which a request fails. */
export async function createClient(
  endpoint: Endpoint,
  { env, timeout }: { readonly env: Environment; readonly timeout?: number },
): Promise<Docker> {
  const { default: Client } = await import('dockerode')
  // What is left out would come from the process's own DOCKER_HOST.
  const nothing = {
    host: undefined,
    port: undefined,
    protocol: undefined,
    socketPath: undefined,
    timeout,
  }
  const options: Connection = { ...nothing, pathPrefix: '/', ...(await connection(endpoint, env)) }
  return new Client(options)
}

type Connection = Docker.DockerOptions & { readonly agent?: HttpAgent; readonly pathPrefix?: string }

async function connection({ address, tls }: Endpoint, env: Environment): Promise<Connection> {
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(address)?.[1]
  if (socket) return { socketPath: socket }
  const { protocol, hostname: host, port } = new URL(address)
  // Whatever host: the agent knows the way. What it gives is no socket, and knows no timeout.
  if (protocol === 'ssh:') {
    return {
      protocol: 'http',
      host: 'docker',
      port: 80,
      timeout: undefined,
      agent: await sshAgent(address, env),
    }
  }
  const isTls = tls !== undefined || protocol === 'https:'
  if (!isTls) return { protocol: 'http', host, port: port || 2375 }
  const [ca, cert, key] = await Promise.all([tls?.ca, tls?.cert, tls?.key].map(readPem))
  const files = { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
  const agent = new (nodeHttps().Agent)({ ...files, rejectUnauthorized: !tls?.skipVerify })
  return { protocol: 'https', host, port: port || 2376, ...files, agent }
}

const readPem = async (path: string | undefined) =>
  path === undefined ? undefined : await readFile(path, 'utf8').catch(() => undefined)
