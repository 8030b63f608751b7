import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { ready, runContainer } from '../helpers/engine/containers.ts'
import { docker, hasEngine } from '../helpers/engine/real.ts'
import { examplesDirectory, expectSamples, type Sample, trainedExamples } from '../helpers/examples.ts'

const scratch = mkdtempSync(join(tmpdir(), 'flambe-test-'))
const tag = (name: string) => `flambe-test-${process.pid}-${name}:1`

describe.skipIf(!hasEngine('images of the examples in containers'))(
  'an image of an example',
  { timeout: 120_000 },
  () => {
    beforeAll(async () => {
      for (const { name } of trainedExamples) {
        const args = [
          'build',
          '--docker',
          join(examplesDirectory, name, 'spec.yaml'),
          '--base',
          'host',
          '--tag',
          tag(name),
        ]
        const built = await flambe(args)
        expect(built, built.stderr).toMatchObject({
          status: 0,
          stdout: `${tag(name)}\n`,
          stderr: expect.stringContaining('output: Docker at'),
        })
      }
    }, 240_000)
    afterAll(() => {
      for (const { name } of trainedExamples) docker('rmi', '--force', tag(name))
      rmSync(scratch, { recursive: true, force: true })
    })

    test.each(trainedExamples)(
      '$name answers its samples, as any user, on a read-only disk, without a capability',
      async (example) => {
        const limits = ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges']
        const { url } = run(example.name, '--user', '1234', '--read-only', ...limits)
        await ready(url)
        await expectSamples(example, url)
      },
    )

    test.each(trainedExamples)('$name tells what is in its layers, as its layout does', async ({ name }) => {
      const layout = join(scratch, `${name}.oci`)
      const spec = join(examplesDirectory, name, 'spec.yaml')
      await flambe(['build', '--docker', spec, '--base', 'host', '--output', layout])
      const [inEngine, inLayout] = await Promise.all([tag(name), layout].map(contentsOf))
      expect(inEngine).toEqual(inLayout)
      expect(inEngine).toContainEqual({ files: expect.any(Number), biggest: expect.any(Array) })
    })

    test.each(trainedExamples)('$name ends with status 0 at docker stop', async ({ name }) => {
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
      const served = runContainer(tag('breast-cancer'), { args: ['serve'] })
      await ready(served.url)
      for (const shell of ['/bin/sh', '/bin/bash', '/usr/bin/env', '/bin/busybox']) {
        expect(() => docker('exec', served.id, shell, '-c', 'true')).toThrow()
      }
    })

    test.each(trainedExamples)('$name adds little to its base', async ({ name, mostBytes }) => {
      const output = join(scratch, `${name}.oci`)
      const spec = join(examplesDirectory, name, 'spec.yaml')
      await flambe(['build', '--docker', spec, '--base', 'host', '--output', output])
      const { stdout } = await flambe(['inspect', output, '--json'])
      const { image, artifact } = JSON.parse(stdout)
      expect(image.id).toBe(docker('inspect', '--format', '{{.Id}}', tag(name)))
      const own = image.layers.filter(({ isBase }: { isBase: boolean }) => !isBase)
      expect(own.reduce((sum: number, { size }: { size: number }) => sum + size, 0)).toBeLessThan(mostBytes)
      expect(artifact.components[0]).toMatchObject({ path: '' })
    })

    test('a second build sends nothing, and one that differs in little only that', async () => {
      const spec = join(examplesDirectory, 'breast-cancer', 'spec.yaml')
      const build = async (...more: string[]) =>
        JSON.parse((await flambe(['build', '--docker', spec, '--base', 'host', '--json', ...more])).stdout)
      expect(await build('--tag', tag('breast-cancer'))).toMatchObject({ bytesSent: 0 })
      onTestFinished(() => void docker('rmi', '--force', tag('labelled')))
      const { bytesSent } = await build('--tag', tag('labelled'), '--label', 'a=b')
      expect(bytesSent).toBeLessThan(100_000)
    })

    test('flambe inspect tells of an image in the engine what it tells of the same in a layout', async () => {
      const inspection = JSON.parse((await flambe(['inspect', tag('digits-onnx'), '--json'])).stdout)
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
        readFileSync(join(examplesDirectory, 'breast-cancer/data/breast-cancer-samples.json'), 'utf8'),
      )
      const rows = [...samples.slice(0, 2).map(({ features }) => ({ features })), { features: [1] }]
      const stdin = rows.map((row) => JSON.stringify(row)).join('\n')
      const { status, stdout } = await flambe(['predict', tag('breast-cancer')], { stdin })
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

const run = (name: string, ...flags: string[]) => runContainer(tag(name), { flags })

async function contentsOf(place: string): Promise<readonly unknown[]> {
  const { stdout } = await flambe(['inspect', place, '--json'])
  return JSON.parse(stdout).image.layers.map(({ contents }: { readonly contents?: unknown }) => contents)
}
