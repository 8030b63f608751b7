import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export type S3Server = { readonly endpoint: string; readonly stop: () => Promise<void> }

const login = { key: 'test-key', secret: 'test-secret' }

/** A real S3-compatible store on loopback, in a temporary folder. */
export async function startS3Server(): Promise<S3Server> {
  const directory = mkdtempSync(join(tmpdir(), 'flambe-s3-'))
  const port = await freePort()
  const args = [
    '--access',
    login.key,
    '--secret',
    login.secret,
    '--port',
    `127.0.0.1:${port}`,
    '--quiet',
    'posix',
    '--nometa',
    directory,
  ]
  const child = spawn(
    'versitygw',
    args.filter((arg) => arg !== '--nometa'),
    { stdio: 'ignore' },
  )
  for (let trial = 0; !(await answers(port)); trial++) {
    if (trial === 100 || child.exitCode !== null) throw new Error('versitygw does not answer')
    await sleep(50)
  }
  const stop = async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(directory, { recursive: true, force: true })
  }
  return { endpoint: `http://127.0.0.1:${port}`, stop }
}

/** The environment in which the SDK finds the store. */
export function s3Environment(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: login.key,
    AWS_SECRET_ACCESS_KEY: login.secret,
    AWS_REGION: 'us-east-1',
  }
}

export type S3Request = { readonly method: string; readonly path: string; readonly bytes: number }

export type Fault = { readonly status: number; readonly code: string } | 'reset'

export type S3Proxy = {
  readonly endpoint: string
  /** Every request since the last call, with the bytes of its body. */
  readonly taken: () => S3Request[]
  /** Decides which requests fail, and how. */
  fault: (request: S3Request) => Fault | undefined
  readonly stop: () => Promise<void>
}

/** Stands before the store: counts what goes by, and lets requests fail as networks and stores do. */
export async function startS3Proxy(target: string): Promise<S3Proxy> {
  let requests: S3Request[] = []
  const { host } = new URL(target)
  const server: Server = createServer((incoming, outgoing) => {
    const { method = '', url = '' } = incoming
    const entry = {
      method,
      path: decodeURIComponent(url),
      bytes: Number(incoming.headers['content-length'] ?? 0),
    }
    requests.push(entry)
    const fault = proxy.fault(entry)
    if (fault === 'reset') return void incoming.socket.destroy()
    if (fault) {
      incoming.resume()
      const body = `<?xml version="1.0"?><Error><Code>${fault.code}</Code><Message>as asked</Message></Error>`
      return void outgoing
        .writeHead(fault.status, { 'content-type': 'application/xml' })
        .end(method === 'HEAD' ? '' : body)
    }
    const onward = request(`http://${host}${url}`, { method, headers: incoming.headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    onward.on('error', () => incoming.socket.destroy())
    incoming.on('close', () => incoming.complete || onward.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: S3Proxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    taken: () => {
      const taken = requests
      requests = []
      return taken
    },
    fault: () => undefined,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

async function freePort(): Promise<number> {
  const server = createTcpServer()
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
