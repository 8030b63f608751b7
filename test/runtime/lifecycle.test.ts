import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Container, startContainer, untilListening, untilReady } from '../helpers/container.ts'
import { folder } from '../helpers/folder.ts'
import { head, openRaw } from '../helpers/raw-http.ts'
import { artifactOf } from '../helpers/served.ts'

type Readiness = { readonly state: string; readonly reason?: string; readonly since: string }

const readyz = async ({ url }: Container): Promise<[number, Readiness]> => {
  const answer = await fetch(`${url}/readyz`)
  return [answer.status, (await answer.json()) as Readiness]
}

const predict = ({ url }: Container, input: unknown = {}, signal?: AbortSignal) =>
  fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
    ...(signal && { signal }),
  })

const slow = `
  async predict({ ms = 0 }) { await new Promise((resolve) => setTimeout(resolve, ms)); return { ms } }`

/** How it ends, and after how many milliseconds. */
async function end(container: Container, signal: NodeJS.Signals = 'SIGTERM') {
  const started = performance.now()
  container.child.kill(signal)
  return { status: await container.exited, after: performance.now() - started }
}

describe('while the component loads', () => {
  test('the server lives and says why it is not ready; predictions come back later', async () => {
    const container = await startContainer(
      await artifactOf(
        'async setup() { await new Promise((r) => setTimeout(r, 600)) } predict() { return 1 }',
      ),
    )
    await untilListening(container)
    const [status, { state, since }] = await readyz(container)
    expect([status, state, new Date(since).toISOString()]).toEqual([503, 'loading', since])
    expect((await fetch(`${container.url}/livez`)).status).toBe(200)
    const early = await predict(container)
    expect([early.status, early.headers.get('retry-after')]).toEqual([503, '1'])
    await untilReady(container)
    expect(await (await predict(container)).json()).toBe(1)
  })

  test('it can be stopped', async () => {
    const container = await startContainer(
      await artifactOf('async setup() { await new Promise((r) => setTimeout(r, 60_000)) } predict() {}'),
      { env: { FLAMBE_SHUTDOWN_TIMEOUT: '1s' } },
    )
    await untilListening(container)
    const { status, after } = await end(container)
    expect(status).toBe(0)
    expect(after).toBeLessThan(5000)
  })
})

test('probes are answered whatever the component does', async () => {
  const container = await startContainer(await artifactOf('predict() { for (;;); }'))
  await untilReady(container)
  const leaving = new AbortController()
  const answer = predict(container, {}, leaving.signal)
  const metric = async (line: string) =>
    (await (await fetch(`${container.url}/metrics`)).text()).includes(line)
  await expect.poll(() => metric('flambe_http_requests_in_flight 2\n')).toBe(true)
  expect((await fetch(`${container.url}/livez`)).status).toBe(200)
  expect((await readyz(container))[0]).toBe(200)
  leaving.abort()
  await expect(answer).rejects.toThrow()
})

test('a setup that fails shows its cause at /readyz and in the log; then the process ends with 22', async () => {
  const container = await startContainer(
    await artifactOf('setup() { throw new Error("the licence is missing") } predict() {}'),
    { env: { FLAMBE_FAILURE_GRACE: '1s' } },
  )
  await untilListening(container)
  for (let tries = 0; (await readyz(container))[1].state === 'loading' && tries < 100; tries++)
    await sleep(10)
  const [status, { state, reason }] = await readyz(container)
  expect([status, state]).toEqual([503, 'failed'])
  expect(reason).toContain('the licence is missing')
  expect((await fetch(`${container.url}/livez`)).status).toBe(200)
  expect((await predict(container)).status).toBe(503)
  expect(await container.exited).toBe(22)
  expect(container.output.stdout).toContain('the licence is missing')
})

describe('on SIGTERM', () => {
  test('a process that has no server yet ends with 0', async () => {
    // Sent in the first moment in which somebody hears it.
    const early = `data:text/javascript,process.on('newListener', (name) =>
      name === 'SIGTERM' && process.nextTick(() => process.kill(process.pid, 'SIGTERM')))`
    const container = await startContainer(await artifactOf(slow), {
      env: { NODE_OPTIONS: `--import=${early.replaceAll(/\s/g, '')}` },
    })
    expect([await container.exited, container.output]).toEqual([0, { stdout: '', stderr: '' }])
  })

  test.each(['SIGTERM', 'SIGINT'] as const)('an idle server ends at once with 0 (%s)', async (signal) => {
    const container = await startContainer(await artifactOf(slow))
    await untilReady(container)
    const { status, after } = await end(container, signal)
    expect(status).toBe(0)
    expect(after).toBeLessThan(1500)
  })

  test('what is under way is finished, the component is closed, and connections are not used again', async () => {
    const marker = `${folder()}/closed`
    const source = `${slow} async close() { (await import('node:fs')).writeFileSync(${JSON.stringify(marker)}, 'x') }`
    const container = await startContainer(await artifactOf(source))
    await untilReady(container)
    const idle = await openRaw(Number(new URL(container.url).port))
    const answer = predict(container, { ms: 500 })
    await sleep(100)
    const ended = end(container)
    expect(await idle.closed()).toBe('')
    const { status, headers } = await answer
    expect([status, headers.get('connection')]).toEqual([200, 'close'])
    expect((await ended).status).toBe(0)
    expect(existsSync(marker)).toBe(true)
  })

  test('requests are taken during the drain delay, while /readyz says that it drains', async () => {
    const container = await startContainer(await artifactOf(slow), { env: { FLAMBE_DRAIN_DELAY: '500ms' } })
    await untilReady(container)
    const ended = end(container)
    await sleep(100)
    const [status, { state }] = await readyz(container)
    expect([status, state]).toEqual([503, 'draining'])
    expect((await predict(container, { ms: 100 })).status).toBe(200)
    const { status: exit, after } = await ended
    expect(exit).toBe(0)
    expect(after).toBeGreaterThan(490)
  })

  test('what does not end within the shutdown timeout is cut off', async () => {
    const container = await startContainer(await artifactOf(slow), {
      env: { FLAMBE_SHUTDOWN_TIMEOUT: '500ms', FLAMBE_DRAIN_DELAY: '10s' },
    })
    await untilReady(container)
    const answer = predict(container, { ms: 60_000 }).catch((error: Error) => error)
    await sleep(50)
    const { status, after } = await end(container)
    expect(status).toBe(0)
    expect(after).toBeLessThan(3000)
    expect(await answer).toBeInstanceOf(Error)
  })

  test('a collector of traces that does not answer does not hold it up', async () => {
    const collector = createServer(() => {}).listen(0, '127.0.0.1')
    await once(collector, 'listening')
    onTestFinished(() => void collector.close())
    const { port } = collector.address() as AddressInfo
    const container = await startContainer(await artifactOf('predict() { return 1 }'), {
      env: {
        FLAMBE_SHUTDOWN_TIMEOUT: '1s',
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      },
    })
    await untilReady(container)
    expect((await predict(container)).status).toBe(200)
    const { status, after } = await end(container)
    expect(status).toBe(0)
    expect(after).toBeLessThan(5000)
  })

  test('a second one does not wait', async () => {
    const container = await startContainer(await artifactOf(slow), { env: { FLAMBE_DRAIN_DELAY: '20s' } })
    await untilReady(container)
    container.child.kill('SIGTERM')
    await sleep(200)
    const { status, after } = await end(container)
    expect(status).toBe(1)
    expect(after).toBeLessThan(1500)
  })

  test('a caller who never finishes a request does not hold it up', async () => {
    const container = await startContainer(await artifactOf(slow), {
      env: { FLAMBE_SHUTDOWN_TIMEOUT: '500ms' },
    })
    await untilReady(container)
    await openRaw(Number(new URL(container.url).port), head({ 'content-length': 10 }), '1')
    await sleep(50)
    const { status, after } = await end(container)
    expect([status, container.output.stderr]).toEqual([0, ''])
    expect(after).toBeLessThan(3000)
  })
})

describe('what stops it from starting is told in a sentence', () => {
  test('a port that is taken', async () => {
    const artifact = await artifactOf(slow)
    const first = await startContainer(artifact)
    await untilReady(first)
    const second = await startContainer(artifact, { env: { FLAMBE_PORT: new URL(first.url).port } })
    expect(await second.exited).toBe(69)
    expect(second.output.stderr).toMatch(/^flambe: 127\.0\.0\.1:\d+ is taken: .*\n {2}stop it, or .*\n$/)
  })

  test('no artifact', async () => {
    const container = await startContainer(folder())
    expect(await container.exited).toBe(22)
    expect(container.output.stderr).toMatch(/^flambe: .* is no artifact/)
  })

  test('settings that do not fit, all of them', async () => {
    const container = await startContainer(await artifactOf(slow), {
      env: { FLAMBE_TIMEOUT: 'soon' },
      args: ['serve', '--workers=x'],
    })
    expect(await container.exited).toBe(2)
    expect(container.output.stderr).toContain('FLAMBE_TIMEOUT is "soon"')
    expect(container.output.stderr).toContain('--workers is "x"')
  })

  test.each([[['bash']], [['serve', 'more']], [['--nonsense']]])('arguments %j', async (args) => {
    const container = await startContainer(await artifactOf(slow), { args })
    expect(await container.exited).toBe(2)
    expect(container.output.stderr).toMatch(/^flambe: this image serves a component: /)
  })
})

test('PORT and flags are heeded; the argument serve is taken as SageMaker gives it', async () => {
  const artifact = await artifactOf(slow)
  const container = await startContainer(artifact, {
    args: ['serve', '--timeout', '100ms', '--log-level', 'warn'],
  })
  await untilReady(container)
  expect((await predict(container, { ms: 1000 })).status).toBe(504)
})
