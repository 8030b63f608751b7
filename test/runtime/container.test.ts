import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { containerDirectory } from '../../src/runtime/index.ts'
import { flambe } from '../helpers/cli.ts'
import { type Container, freePort, startContainer, untilReady } from '../helpers/container.ts'
import { exampleCopy } from '../helpers/folder.ts'
import { openRaw } from '../helpers/raw-http.ts'
import { artifactOf } from '../helpers/served.ts'

const bundle = containerDirectory()

test('the bundle holds what runs, and no package that builds', () => {
  expect(readdirSync(bundle).sort()).toEqual([
    'chunks',
    'health.js',
    'licenses.txt',
    'main.js',
    'package.json',
    'playground.html',
    'user-api.js',
    'worker.js',
  ])
  const licenses = readFileSync(join(bundle, 'licenses.txt'), 'utf8')
  const packages = [...licenses.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(.*\)$/gm)].map(([, name]) => name)
  expect(packages).toContain('ajv')
  const forbidden = /yaml|oclif|aws|smithy|typescript|oxc|dockerode|execa|esbuild|nft/
  expect(packages.filter((name) => forbidden.test(name ?? ''))).toEqual([])
})

test('the bundle answers a row of the breast-cancer artifact, and its health check knows', async () => {
  const project = exampleCopy('breast-cancer')
  const { stdout } = await flambe(['build', join(project, 'spec.yaml')])
  const [sample] = JSON.parse(readFileSync(join(project, 'data', 'breast-cancer-samples.json'), 'utf8'))
  const container = await startContainer(stdout.trim())
  await untilReady(container)
  const answer = await fetch(`${container.url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ features: sample.features }),
  })
  expect(answer.status).toBe(200)
  const { POSITIVE } = (await answer.json()) as { readonly POSITIVE: number }
  expect(Math.abs(POSITIVE - sample.POSITIVE)).toBeLessThan(1e-5)

  const check = (port: string) =>
    spawnSync(process.execPath, [join(bundle, 'health.js')], {
      env: { FLAMBE_ARTIFACT: stdout.trim(), FLAMBE_PORT: port },
    }).status
  expect([check(new URL(container.url).port), check(String(await freePort()))]).toEqual([0, 1])
})

test('no path leads out of what is served to a file of the image', async () => {
  const container = await startContainer(await artifactOf('predict() { return 1 }'))
  await untilReady(container)
  const port = Number(new URL(container.url).port)
  for (const path of [
    '/../flambe.json',
    '/../../../../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/..%2f..%2fetc%2fpasswd',
    '/..\\..\\etc\\passwd',
    '//etc/passwd',
    '/./main.js',
    '/main.js',
    '/playground.html',
    '/playground.html/../main.js',
    '/%00',
    'http://host/../etc/passwd',
    'file:///etc/passwd',
  ]) {
    const raw = await openRaw(port, `GET ${path} HTTP/1.1\r\nhost: host\r\nconnection: close\r\n\r\n`)
    const answer = await raw.closed()
    expect([path, answer]).toEqual([path, expect.stringMatching(/^HTTP\/1\.1 404 [\s\S]*"code":"not-found"/)])
    expect(answer).not.toContain('root:')
  }
})

test('the health check asks at the address that the server was told to listen at', async () => {
  const [artifact, env] = [await artifactOf('predict() { return 1 }'), { FLAMBE_HOST: '127.0.0.2' }]
  const port = String(await freePort())
  const container = await startContainer(artifact, { env: { ...env, FLAMBE_PORT: port } })
  await untilReady({ ...container, url: `http://127.0.0.2:${port}` })
  const { status } = spawnSync(process.execPath, [join(bundle, 'health.js')], {
    env: { ...env, FLAMBE_ARTIFACT: artifact, FLAMBE_PORT: port },
  })
  expect(status).toBe(0)
})

describe.skipIf(process.getuid?.() !== 0)('as PID 1', () => {
  test('the server ends with 0 when it is told to', async () => {
    const container = await startContainer(await artifactOf('predict() { return 1 }'), { within: alone })
    await untilReady(container)
    expect(inside(container, ['cat', '/proc/1/cmdline']).stdout).toContain(join(bundle, 'main.js'))
    inside(container, ['kill', '-TERM', '1'])
    expect(await container.exited).toBe(0)
    expect(container.output.stdout.match(/"message":"draining"/g)).toHaveLength(1)
  })

  test.each([
    ['itself', []],
    ['an init', ['sh', '-c', '"$@"; exit $?', 'init']],
  ])('being %s, its health check finds a port that is among the arguments', async (_, init) => {
    const artifact = await artifactOf('predict() { return 1 }')
    const port = String(await freePort())
    const container = await startContainer(artifact, {
      args: ['--port', port],
      within: [...alone, ...init],
    })
    await untilReady({ ...container, url: `http://127.0.0.1:${port}` })
    const check = [process.execPath, join(bundle, 'health.js')]
    const { status, stderr } = inside(container, ['env', `FLAMBE_ARTIFACT=${artifact}`, ...check])
    expect([status, stderr]).toEqual([0, ''])
  })

  test('the health check works where processes are hidden', async () => {
    const artifact = await artifactOf('predict() { return 1 }')
    const container = await startContainer(artifact)
    await untilReady(container)
    const hide = ['--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'hide']
    const { status, stderr } = spawnSync('unshare', [...hide, process.execPath, join(bundle, 'health.js')], {
      env: { ...process.env, FLAMBE_ARTIFACT: artifact, FLAMBE_PORT: new URL(container.url).port },
      encoding: 'utf8',
    })
    expect([status, stderr]).toEqual([0, ''])
  })
})

/** A process 1 of its own, with its own /proc. */
const alone = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child']

/** Runs a program among the processes of a container. */
function inside({ child }: Container, program: readonly string[]) {
  const first = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim()
  return spawnSync('nsenter', ['--target', first, '--pid', '--mount', ...program], { encoding: 'utf8' })
}
