import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { createServer } from 'node:net'
import { join } from 'node:path'

const program = ['/usr/bin/docker-registry', '/usr/local/bin/registry', '/bin/registry'].find((one) =>
  existsSync(one),
)

/**
 * Whether the real registry (distribution: Debian's package `docker-registry`) is here. In CI it must be; elsewhere one line says what is left out.
 */
export function hasDockerRegistry(what: string): boolean {
  if (program) return true
  if (process.env['CI']) throw new Error(`${what} needs docker-registry: apt-get install docker-registry`)
  process.stderr.write(`left out: ${what} (no docker-registry here; apt-get install docker-registry)\n`)
  return false
}

export type DockerRegistry = {
  readonly host: string
  readonly directory: string
  readonly stop: () => Promise<void>
}

export type DockerRegistryOptions = {
  readonly htpasswd?: { readonly username: string; readonly password: string }
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  readonly token?: {
    readonly realm: string
    readonly service: string
    readonly issuer: string
    readonly bundle: string
  }
  readonly port?: number
}

/** Starts the real registry on loopback, with its data under `directory`. */
export async function startDockerRegistry(
  directory: string,
  options: DockerRegistryOptions = {},
): Promise<DockerRegistry> {
  await mkdir(directory, { recursive: true })
  const port = options.port ?? (await freePort())
  const config = join(directory, 'config.json')
  // JSON is YAML.
  await writeFile(config, JSON.stringify(await configOf(directory, port, options)))
  const child = spawn(program ?? '', ['serve', config], {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], OTEL_TRACES_EXPORTER: 'none' },
  })
  const host = `127.0.0.1:${port}`
  await ready(host, child, options.tls !== undefined)
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  return { host, directory, stop }
}

async function configOf(directory: string, port: number, { htpasswd, tls, token }: DockerRegistryOptions) {
  const path = join(directory, 'htpasswd')
  if (htpasswd) {
    const line = execFileSync('htpasswd', ['-Bbn', htpasswd.username, htpasswd.password], {
      encoding: 'utf8',
    })
    await writeFile(path, line)
  }
  const auth = {
    ...(htpasswd && { htpasswd: { realm: 'test', path } }),
    ...(token && {
      token: {
        realm: token.realm,
        service: token.service,
        issuer: token.issuer,
        rootcertbundle: token.bundle,
      },
    }),
  }
  return {
    version: '0.1',
    log: { accesslog: { disabled: true }, level: 'error' },
    storage: { filesystem: { rootdirectory: join(directory, 'data') }, delete: { enabled: true } },
    http: {
      addr: `127.0.0.1:${port}`,
      secret: 'of-the-test',
      ...(tls && { tls: { certificate: tls.certFile, key: tls.keyFile } }),
    },
    ...(htpasswd || token ? { auth } : {}),
  }
}

async function ready(host: string, child: ChildProcess, isTls: boolean): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`docker-registry ended with ${child.exitCode}`)
    if (await answers(host, isTls)) return
    await new Promise((next) => setTimeout(next, 25))
  }
  throw new Error('docker-registry does not answer')
}

function answers(host: string, isTls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { rejectUnauthorized: false, agent: false }
    const sent = isTls ? requestTls(`https://${host}/v2/`, options) : request(`http://${host}/v2/`, options)
    sent.once('response', (response) => {
      response.resume()
      resolve(true)
    })
    sent.once('error', () => resolve(false))
    sent.end()
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((closed) => server.close(closed))
  return typeof address === 'object' && address ? address.port : 0
}
