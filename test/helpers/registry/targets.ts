import type { RegistryOptions } from '../../../src/image/index.ts'
import { makeCertificates } from './certificates.ts'
import { hasDockerRegistry, startDockerRegistry } from './docker-registry.ts'
import { MemoryRegistry } from './memory.ts'
import { type Personality, personalities } from './personalities.ts'
import { startProxy } from './proxy.ts'
import { scratch } from './scratch.ts'
import { listen, serveRegistry } from './serve.ts'
import { startTokenServer } from './token-server.ts'

/** A registry to push to and pull from, and how to reach it. */
export type Target = {
  readonly host: string
  readonly options: RegistryOptions
  /** If it is ours, what it saw. */
  readonly memory?: MemoryRegistry
  readonly mounts: boolean
  readonly close: () => Promise<void>
}

export type NamedTarget = { readonly name: string; readonly start: () => Promise<Target> }

const login = { username: 'me', password: 'canary-password-2' }

/** Every kind of registry that the suite runs against. */
export function allTargets(): NamedTarget[] {
  const real = hasDockerRegistry('pushing to the real registry') ? realTargets : []
  const named = publicHosts.map(([, name]) => name)
  const generic = personalities
    .filter(({ name }) => !named.includes(name))
    .map((one) => ({ name: `in memory: ${one.name}`, start: () => memoryTarget(one) }))
  const famous = publicHosts.map(([host, name]) => ({
    name: `in memory: ${name} as ${host}, by TLS through a proxy`,
    start: () => publicTarget(host, personalities.find((one) => one.name === name) ?? { name }),
  }))
  return [...real, ...generic, ...famous]
}

/** Hosts that have a row of quirks, and the personality that goes with it. */
const publicHosts: readonly (readonly [string, string])[] = [
  ['ghcr.io', 'GitHub'],
  ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'Amazon ECR'],
  ['europe-docker.pkg.dev', 'Google'],
  ['docker.io', 'Docker Hub'],
  ['quay.io', 'Quay'],
  ['me.jfrog.io', 'Artifactory'],
]

const realTargets: readonly NamedTarget[] = [
  { name: 'docker-registry', start: () => realTarget({}) },
  { name: 'docker-registry with htpasswd', start: () => realTarget({ hasPassword: true }) },
  { name: 'docker-registry with tokens', start: () => realTarget({ hasTokens: true }) },
  { name: 'docker-registry with TLS by a private authority', start: () => realTarget({ hasTls: true }) },
]

async function realTarget({ hasPassword = false, hasTokens = false, hasTls = false }): Promise<Target> {
  const directory = scratch()
  const certificates = hasTls || hasTokens ? makeCertificates(directory) : undefined
  const tokens = hasTokens && certificates ? await startTokenServer(certificates, login) : undefined
  const registry = await startDockerRegistry(directory, {
    ...(hasPassword && { htpasswd: login }),
    ...(hasTls && certificates && { tls: certificates }),
    ...(tokens &&
      certificates && {
        token: {
          realm: `http://${tokens.host}/token`,
          service: 'test',
          issuer: 'test issuer',
          bundle: certificates.certFile,
        },
      }),
  })
  const close = async () => {
    await registry.stop()
    await tokens?.close()
  }
  return {
    host: registry.host,
    options: {
      ...((hasPassword || hasTokens) && { login }),
      ...(hasTls && certificates && { caFile: certificates.caFile }),
    },
    mounts: true,
    close,
  }
}

async function memoryTarget(personality: Personality): Promise<Target> {
  const { memory, host, close } = await serveRegistry(personality)
  const options = personality.auth ? { login: memory.user } : {}
  return { host, memory, options, mounts: mountsOf(personality), close }
}

/** A registry that the client knows as `host`, in the public net by its address, and yet on loopback. */
export async function publicTarget(host: string, personality: Personality): Promise<Target> {
  const storage = 'storage.example'
  const apiHost = host === 'docker.io' ? 'registry-1.docker.io' : host
  const certificates = makeCertificates(scratch(), [`DNS:${apiHost}`, `DNS:${storage}`])
  const memory = new MemoryRegistry(personality)
  const server = await listen(memory.listener, { tls: certificates })
  memory.at(`https://${apiHost}`, `https://${storage}`)
  const proxy = await startProxy({ [apiHost]: server.host, [storage]: server.host })
  const close = async () => {
    await proxy.close()
    await server.close()
  }
  return {
    host,
    memory,
    options: {
      ...(personality.auth && { login: memory.user }),
      caFile: certificates.caFile,
      env: { HTTPS_PROXY: proxy.url },
      lookup: async () => [{ address: '198.51.100.7', family: 4 }],
    },
    mounts: mountsOf(personality),
    close,
  }
}

const mountsOf = ({ mounts = 'yes' }: Personality) => mounts === 'yes'
