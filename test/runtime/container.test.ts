import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { containerDirectory } from '../../src/runtime/index.ts'
import { flambe } from '../helpers/cli.ts'
import { freePort, startContainer, untilReady } from '../helpers/container.ts'
import { exampleCopy } from '../helpers/folder.ts'
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
