import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { containerDirectory } from '../../src/runtime/index.ts'

export type Container = {
  readonly url: string
  readonly child: ChildProcess
  /** What it wrote until now. */
  readonly output: { readonly stdout: string; readonly stderr: string }
  /** Its exit status, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>
}

export type ContainerOptions = {
  readonly env?: Readonly<Record<string, string>>
  readonly args?: readonly string[]
  /** A command that runs the command that follows it. */
  readonly within?: readonly string[]
}

/** Runs the bundled server on an artifact, as an image does but for the image. It ends with the test. */
export async function startContainer(
  artifact: string,
  { env = {}, args = [], within = [] }: ContainerOptions = {},
): Promise<Container> {
  const port = await freePort()
  const { PATH } = process.env
  const [program = '', ...rest] = [...within, process.execPath, `${containerDirectory()}/main.js`, ...args]
  const child = spawn(program, rest, {
    env: { PATH, FLAMBE_ARTIFACT: artifact, FLAMBE_HOST: '127.0.0.1', FLAMBE_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
    })
  }
  const exited = once(child, 'close').then(([status, signal]) => status ?? signal)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return { url: `http://127.0.0.1:${port}`, child, output, exited }
}

/** Waits until it takes connections. */
export const untilListening = (container: Container): Promise<void> =>
  until(container, async () => (await fetch(`${container.url}/livez`)).ok)

/** Waits until `/readyz` says 200. */
export const untilReady = (container: Container): Promise<void> =>
  until(container, async () => (await fetch(`${container.url}/readyz`)).ok)

async function until({ exited, output }: Container, holds: () => Promise<boolean>): Promise<void> {
  let gone = false
  void exited.finally(() => {
    gone = true
  })
  while (!gone) {
    if (await holds().catch(() => false)) return
    await sleep(10)
  }
  throw new Error(`the server ended before that:\n${output.stdout}${output.stderr}`)
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}
