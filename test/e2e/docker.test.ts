import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { docker, hasEngine } from '../helpers/engine/real.ts'

const examples = new URL('../../examples/', import.meta.url).pathname
const scratch = mkdtempSync(join(tmpdir(), 'flambe-test-'))
const env = { FLAMBE_CACHE_DIR: join(scratch, 'cache'), FLAMBE_HOME: join(scratch, 'home') }
const tag = (name: string) => `flambe-test-${process.pid}-${name}:1`

type Sample = { readonly [key: string]: unknown }

/** Each example, and how far its image is from what training said of the sample rows. */
const cases = [
  {
    name: 'breast-cancer',
    mostBytes: 2e6,
    input: ({ features }: Sample) => ({ features }),
    difference: (answer: Sample, sample: Sample) =>
      Math.abs(Number(answer['POSITIVE']) - Number(sample['POSITIVE'])),
  },
  {
    name: 'digits-onnx',
    mostBytes: 30e6,
    input: ({ image }: Sample) => ({ image }),
    difference: (answer: Sample, sample: Sample) => {
      const [found, expected] = [answer, sample].map(({ probabilities }) => probabilities as number[])
      return Math.max(...(expected ?? []).map((one, index) => Math.abs(one - (found?.[index] ?? 9))))
    },
  },
] as const

describe.skipIf(!hasEngine('images of the examples in containers'))(
  'an image of an example',
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      const onnx = join(examples, 'digits-onnx')
      if (!existsSync(join(onnx, 'node_modules'))) execFileSync('npm', ['ci'], { cwd: onnx, stdio: 'pipe' })
      for (const { name } of cases) {
        const args = [
          'build',
          '--docker',
          join(examples, name, 'spec.yaml'),
          '--base',
          'host',
          '--tag',
          tag(name),
        ]
        const built = await flambe(args, { env })
        expect(built, built.stderr).toMatchObject({ status: 0, stdout: `${tag(name)}\n` })
      }
    }, 240_000)
    afterAll(() => {
      for (const { name } of cases) docker('rmi', '--force', tag(name))
      rmSync(scratch, { recursive: true, force: true })
    })

    test.each(cases)(
      '$name answers its samples, as any user, on a read-only disk, without a capability',
      async ({ name, input, difference }) => {
        const { url } = run(
          name,
          '--user',
          '1234',
          '--read-only',
          '--cap-drop',
          'ALL',
          '--security-opt',
          'no-new-privileges',
        )
        await ready(url)
        const samples: Sample[] = JSON.parse(
          readFileSync(join(examples, name, 'data', `${name.replace('-onnx', '')}-samples.json`), 'utf8'),
        )
        for (const sample of samples.slice(0, 20)) {
          const body = JSON.stringify(input(sample))
          const answer = await fetch(`${url}/predict`, {
            method: 'POST',
            body,
            headers: { 'content-type': 'application/json' },
          })
          expect(answer.status).toBe(200)
          expect(difference((await answer.json()) as Sample, sample)).toBeLessThan(1e-5)
        }
      },
    )

    test.each(cases)('$name ends with status 0 at docker stop', async ({ name }) => {
      const { id, url } = run(name)
      await ready(url)
      docker('stop', '--time', '20', id)
      expect(docker('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('0')
    })

    test('its health is told by Docker, once it is ready', async () => {
      const { id } = run('breast-cancer', '--health-interval', '1s')
      const health = () => docker('inspect', '--format', '{{.State.Health.Status}}', id)
      for (let tries = 0; tries < 100 && health() !== 'healthy'; tries++) await sleep(200)
      expect(health()).toBe('healthy')
    })

    test('"serve" as its argument is the same, and there is no shell in it', async () => {
      const served = start('breast-cancer', [], ['serve'])
      await ready(served.url)
      for (const shell of ['/bin/sh', '/bin/bash', '/usr/bin/env', '/bin/busybox']) {
        expect(() => docker('exec', served.id, shell, '-c', 'true')).toThrow()
      }
    })

    test.each(cases)('$name adds little to its base', async ({ name, mostBytes }) => {
      const output = join(scratch, `${name}.oci`)
      await flambe(
        ['build', '--docker', join(examples, name, 'spec.yaml'), '--base', 'host', '--output', output],
        { env },
      )
      const { stdout } = await flambe(['inspect', output, '--json'], { env })
      const { image, artifact } = JSON.parse(stdout)
      expect(image.id).toBe(docker('inspect', '--format', '{{.Id}}', tag(name)))
      const own = image.layers.filter(({ isBase }: { isBase: boolean }) => !isBase)
      expect(own.reduce((sum: number, { size }: { size: number }) => sum + size, 0)).toBeLessThan(mostBytes)
      expect(artifact.components[0]).toMatchObject({ path: '' })
    })

    test('a second build sends nothing, and one that differs in little only that', async () => {
      const spec = join(examples, 'breast-cancer', 'spec.yaml')
      const build = async (...more: string[]) =>
        JSON.parse(
          (await flambe(['build', '--docker', spec, '--base', 'host', '--json', ...more], { env })).stdout,
        )
      expect(await build('--tag', tag('breast-cancer'))).toMatchObject({ bytesSent: 0 })
      onTestFinished(() => void docker('rmi', '--force', tag('labelled')))
      const { bytesSent } = await build('--tag', tag('labelled'), '--label', 'a=b')
      expect(bytesSent).toBeLessThan(100_000)
    })

    test('flambe inspect tells of an image in the engine what it tells of the same in a layout', async () => {
      const inspection = JSON.parse((await flambe(['inspect', tag('digits-onnx'), '--json'], { env })).stdout)
      expect(inspection.image).toMatchObject({ start: { user: '65532:65532', ports: ['8080/tcp'] } })
      expect(inspection.image.layers.map(({ title }: { title: string }) => title.split(' ')[0])).toEqual([
        'host',
        'host',
        'assets',
        'dependencies',
        'runtime',
        'component',
      ])
      expect(inspection.artifact.dependencies.map(({ name }: { name: string }) => name)).toContain(
        'onnxruntime-node',
      )
    })

    test('flambe predict runs it in a container, row by row, and leaves none behind', async () => {
      const samples: Sample[] = JSON.parse(
        readFileSync(join(examples, 'breast-cancer/data/breast-cancer-samples.json'), 'utf8'),
      )
      const rows = [...samples.slice(0, 2).map(({ features }) => ({ features })), { features: [1] }]
      const stdin = rows.map((row) => JSON.stringify(row)).join('\n')
      const { status, stdout } = await flambe(['predict', tag('breast-cancer')], { env, stdin })
      const answers = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(answers[0].POSITIVE).toBeCloseTo(Number(samples[0]?.['POSITIVE']), 5)
      expect(answers[2].error).toMatchObject({ code: 'INPUT_INVALID' })
      expect(status).toBe(22)
      expect(docker('ps', '--all', '--quiet', '--filter', `ancestor=${tag('breast-cancer')}`)).toBe('')
    })
  },
)

const run = (name: string, ...flags: string[]) => start(name, flags)

/** A container of an example's image, with its port published on loopback; it goes when the test ends. */
function start(name: string, flags: readonly string[], args: readonly string[] = []) {
  const id = docker('run', '--detach', '--publish', '127.0.0.1:0:8080', ...flags, tag(name), ...args)
  onTestFinished(() => void docker('rm', '--force', '--volumes', id))
  const [address] = docker('port', id, '8080').split('\n')
  return { id, url: `http://${address}` }
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined)
    await answer?.body?.cancel()
    if (answer?.ok) return
    await sleep(50)
  }
  throw new Error(`${url} is not ready`)
}
