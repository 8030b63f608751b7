import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'
import { FlambeError } from '../../errors.ts'
import { type Progress, silent, step } from '../../progress.ts'
import type { Engine } from './engine.ts'
import { engineFailure, statusOf } from './failure.ts'

export type ContainerOptions = {
  readonly engine: Engine
  /** Path that answers 200 once the container can be used. */
  readonly readyPath: string
  readonly progress?: Progress
  readonly signal: AbortSignal
}

export type RunningContainer = {
  /** `http://127.0.0.1:49153`. */
  readonly address: string
  /** Ends it as its image wants to be ended, and removes it. */
  readonly stop: () => Promise<void>
}

/**
 * Runs an image that serves HTTP, and waits until it is ready. Its port is published on loopback alone, unless the engine is on another machine.
 * @throws FlambeError `IMAGE_INVALID` where it serves nothing, `COMPONENT_FAILED` with its last words where it ends before it is ready.
 */
export async function startContainer(image: string, options: ContainerOptions): Promise<RunningContainer> {
  const { engine, progress = silent, signal } = options
  const deed = { what: `running ${image}`, address: engine.address }
  const host = reachedAt(engine)
  try {
    const port = await exposedPort(engine.docker, image)
    const container = await engine.docker.createContainer({
      Image: image,
      HostConfig: {
        PortBindings: { [port]: [{ HostIp: host === loopback ? loopback : '0.0.0.0', HostPort: '' }] },
      },
    })
    const stop = () => end(container)
    try {
      await container.start()
      const address = await step(progress, { title: `start ${image}` }, () =>
        ready(container, { ...options, port, host }),
      )
      return { address, stop }
    } catch (error) {
      await stop()
      throw error
    }
  } catch (error) {
    signal.throwIfAborted()
    throw engineFailure(error, deed)
  }
}

async function exposedPort(docker: Docker, image: string): Promise<string> {
  const { Config } = await docker.getImage(image).inspect()
  const [port] = Object.keys(Config.ExposedPorts ?? {})
  if (port) return port
  throw new FlambeError('IMAGE_INVALID', `${image} serves nothing: it exposes no port`, {
    hint: '`flambe build --docker` makes images that do',
  })
}

const loopback = '127.0.0.1'

/** Where the ports of an engine's containers are; the loopback of another machine is not ours. */
function reachedAt({ address }: Engine): string {
  if (/^(unix|npipe):/.test(address)) return loopback
  const { protocol, hostname } = new URL(address)
  if (protocol !== 'ssh:') return hostname
  throw new FlambeError(
    'UNAVAILABLE',
    `the ports of the engine at ${address} cannot be reached through ssh`,
    {
      hint: 'run the command on that machine, or name another engine with DOCKER_HOST',
    },
  )
}

type Starting = ContainerOptions & { readonly port: string; readonly host: string }

async function ready(
  container: Docker.Container,
  { port, host, readyPath, signal }: Starting,
): Promise<string> {
  for (let wait = 5; ; wait = Math.min(wait * 1.5, 250)) {
    const { State, NetworkSettings } = await container.inspect()
    if (!State.Running) throw await ended(container, State.ExitCode)
    const published = NetworkSettings.Ports[port]?.[0]?.HostPort
    const address = `http://${host}:${published}`
    const answer = await fetch(`${address}${readyPath}`, { signal }).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return address
    await sleep(wait, undefined, { signal })
  }
}

async function ended(container: Docker.Container, status: number): Promise<FlambeError> {
  const logs = await container.logs({ stdout: true, stderr: true, tail: 20, follow: false })
  const said = unframed(logs)
  return new FlambeError(
    'COMPONENT_FAILED',
    `the container ended with status ${status} before it was ready; it said last:\n${said}`,
  )
}

/** Each piece of a log stands behind eight bytes: https://docs.docker.com/reference/api/engine/version/v1.41/#operation/ContainerAttach */
function unframed(logs: Buffer): string {
  const pieces: string[] = []
  for (let at = 0; at + 8 <= logs.length; ) {
    const end = at + 8 + logs.readUInt32BE(at + 4)
    pieces.push(logs.toString('utf8', at + 8, end))
    at = end
  }
  return pieces.join('').trim()
}

async function end(container: Docker.Container): Promise<void> {
  try {
    await container.stop({ t: 10 })
  } catch (error) {
    // 304: it has ended. 404: somebody removed it.
    if (![304, 404].includes(statusOf(error) ?? 0)) throw error
  } finally {
    await container.remove({ force: true, v: true }).catch(() => {})
  }
}
