import { join } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { isLoopback } from '../registry/addresses.ts'
import type { Environment } from '../registry/index.ts'
import { currentContext } from './contexts.ts'
import { type TlsFiles, tlsFiles } from './tls-files.ts'

/** Where an engine may listen, and with what to prove who we are. */
export type Endpoint = {
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host`: for people too. */
  readonly address: string
  /** Who named it: `DOCKER_HOST`, `the context "colima"`, or undefined for a usual place. */
  readonly namedBy?: string
  readonly tls?: TlsFiles
}

export type EndpointOptions = {
  /** `DOCKER_HOST`, `DOCKER_CONTEXT`, `DOCKER_CONFIG`, `DOCKER_TLS_VERIFY`, `DOCKER_TLS`, `DOCKER_CERT_PATH`, `CONTAINER_HOST`, `XDG_RUNTIME_DIR`, `SSH_AUTH_SOCK`. */
  readonly env: Environment
  /** The user's home directory, for `.docker`. */
  readonly home?: string | undefined
}

/**
 * The places to look for an engine, best first: the one that `DOCKER_HOST` or the current docker context names, or else the usual sockets of Docker
 * and Podman. The order is the docker CLI's: https://docs.docker.com/engine/manage-resources/contexts/
 */
export async function findEndpoints({ env, home }: EndpointOptions): Promise<readonly Endpoint[]> {
  const folder = env['DOCKER_CONFIG'] || (home && join(home, '.docker'))
  const host = env['DOCKER_HOST']
  if (host) {
    const tls = tlsOf(env, folder)
    return [{ address: checkAddress(host, 'DOCKER_HOST'), namedBy: 'DOCKER_HOST', ...(tls && { tls }) }]
  }
  const context = folder && (await currentContext(folder, env['DOCKER_CONTEXT']))
  if (context) {
    const namedBy = `the docker context "${context.name}"`
    return [
      { address: checkAddress(context.host, namedBy), namedBy, ...(context.tls && { tls: context.tls }) },
    ]
  }
  return usualSockets(env, home).map((address) => ({ address }))
}

/** Whether the engine at an address is on this machine, as far as that tells. */
export function isLocal(address: string): boolean {
  if (/^(unix|npipe):/.test(address)) return true
  const { protocol, hostname } = new URL(address)
  return protocol !== 'ssh:' && isLoopback(hostname)
}

function usualSockets(env: Environment, home: string | undefined): string[] {
  const runtime = env['XDG_RUNTIME_DIR']
  const paths = [
    '/var/run/docker.sock',
    ...(home ? [join(home, '.docker', 'run', 'docker.sock')] : []),
    ...(runtime ? [join(runtime, 'docker.sock'), join(runtime, 'podman', 'podman.sock')] : []),
    '/run/podman/podman.sock',
  ]
  const podman = env['CONTAINER_HOST']
  return [
    ...(podman ? [checkAddress(podman, 'CONTAINER_HOST')] : []),
    ...paths.map((path) => `unix://${path}`),
  ]
}

/** https://docs.docker.com/reference/cli/docker/#environment-variables */
function tlsOf(env: Environment, folder: string | undefined): TlsFiles | undefined {
  if (!env['DOCKER_TLS_VERIFY'] && !env['DOCKER_TLS']) return undefined
  return tlsFiles(env['DOCKER_CERT_PATH'] || folder || '.', { skipVerify: !env['DOCKER_TLS_VERIFY'] })
}

function checkAddress(text: string, namedBy: string): string {
  const address = text.includes('://') ? text : `tcp://${text}`
  const known = /^(unix|npipe|tcp|http|https|ssh):\/\/./.test(address)
  if (known && (/^(unix|npipe):/.test(address) || URL.canParse(address))) return address
  throw new FlambeError('USAGE', `${namedBy} is "${text}", which is no address of an engine`, {
    hint: 'write unix:///path/to.sock, tcp://host:port or ssh://user@host',
  })
}
