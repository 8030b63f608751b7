import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type S3Server = {
  readonly endpoint: string
  /** False for the stand-in, which knows no conditions on writes and no listing of uploads. */
  readonly complete: boolean
  readonly login: { readonly key: string; readonly secret: string }
  readonly stop: () => Promise<void>
}

/**
 * A real S3-compatible store on loopback, in a temporary folder: versitygw (in CI it must be there), else, on a
 * machine without Go, s3rver from npm.
 */
export async function startS3Server(): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'flambe-s3-'))
  const server = hasVersity() ? await startVersity(directory) : await startStandIn(directory)
  const stop = async () => {
    await server.stop()
    rmSync(directory, { recursive: true, force: true })
  }
  return { ...server, stop }
}

/** Whether the complete store is there. In CI it must be; elsewhere one line says what stands in for it. */
export function hasVersity(): boolean {
  const path = process.env['PATH'] ?? ''
  if (path.split(delimiter).some((directory) => existsSync(join(directory, 'versitygw')))) return true
  if (process.env['CI']) throw new Error('versitygw is not on PATH')
  process.stderr.write(
    'versitygw is not on PATH: s3rver from npm stands in, and what it cannot show is left out\n',
  )
  return false
}

async function startVersity(directory: string): Promise<S3Server> {
  const port = await freePort()
  const login = { key: 'test-key', secret: 'test-secret' }
  const options = ['--access', login.key, '--secret', login.secret, '--port', `127.0.0.1:${port}`, '--quiet']
  const child = spawn('versitygw', [...options, 'posix', directory], { stdio: 'ignore' })
  for (let trial = 0; !(await answers(port)); trial++) {
    if (trial === 200 || child.exitCode !== null) throw new Error('versitygw does not answer')
    await sleep(50)
  }
  const stop = async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  return { endpoint: `http://127.0.0.1:${port}`, complete: true, login, stop }
}

async function startStandIn(directory: string): Promise<S3Server> {
  const { default: S3rver } = await import('@20minutes/s3rver')
  const server = new S3rver({
    address: '127.0.0.1',
    port: 0,
    silent: true,
    // It reckons with another path than the one that the SDK signs.
    allowMismatchedSignatures: true,
    directory,
  })
  const { port } = await server.run()
  return {
    endpoint: `http://127.0.0.1:${port}`,
    complete: false,
    login: { key: 'S3RVER', secret: 'S3RVER' },
    stop: () => server.close(),
  }
}

/** The environment in which the SDK finds the store. */
export function s3Environment(
  { login }: Pick<S3Server, 'login'>,
  { endpoint }: { readonly endpoint: string },
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: login.key,
    AWS_SECRET_ACCESS_KEY: login.secret,
    AWS_REGION: 'us-east-1',
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
