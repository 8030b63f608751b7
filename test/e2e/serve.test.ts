import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import { serveCli } from '../helpers/serve-cli.ts'

async function ask<T>(url: string, input: unknown): Promise<T> {
  const answer = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(input),
  })
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`)
  return (await answer.json()) as T
}

type Probabilities = { readonly POSITIVE: number; readonly NEGATIVE: number }
type Sample = Probabilities & { readonly features: readonly number[] }

const samplesOf = (project: string): Sample[] =>
  JSON.parse(readFileSync(join(project, 'data', 'breast-cancer-samples.json'), 'utf8'))

async function expectAnswers(url: string, samples: readonly Sample[]): Promise<void> {
  const answers = await Promise.all(samples.map(({ features }) => ask<Probabilities>(url, { features })))
  for (const [index, { POSITIVE, NEGATIVE }] of answers.entries()) {
    expect(Math.abs(POSITIVE - (samples[index]?.POSITIVE ?? 9))).toBeLessThan(1e-5)
    expect(Math.abs(NEGATIVE - (samples[index]?.NEGATIVE ?? 9))).toBeLessThan(1e-5)
  }
}

describe('flambe serve', { timeout: 60_000 }, () => {
  test('answers the rows of the breast-cancer example from its spec, and leaves nothing behind', async () => {
    const project = exampleCopy('breast-cancer')
    const cache = folder()
    const served = await serveCli([join(project, 'spec.yaml')], { env: { FLAMBE_CACHE_DIR: cache } })
    expect(served.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await expectAnswers(served.url, samplesOf(project))
    expect(await served.stop()).toBe(0)
    expect(readdirSync(join(cache, 'served'))).toEqual([])
    expect(existsSync(join(project, 'out'))).toBe(false)
  })

  test('answers them from an artifact', async () => {
    const project = exampleCopy('breast-cancer')
    const built = await flambe(['build', join(project, 'spec.yaml')])
    const served = await serveCli([built.stdout.trim()])
    await expectAnswers(served.url, samplesOf(project).slice(0, 10))
    expect(await served.stop()).toBe(0)
  })

  test('answers the digits example, whose weights stay where they lie', async () => {
    const example = new URL('../../examples/digits-onnx/', import.meta.url).pathname
    const project = exampleCopy('digits-onnx')
    symlinkSync(join(example, 'node_modules'), join(project, 'node_modules'))
    const served = await serveCli([join(project, 'spec.yaml')])
    const samples: { readonly image: number[][]; readonly probabilities: readonly number[] }[] = JSON.parse(
      readFileSync(join(project, 'data', 'digits-samples.json'), 'utf8'),
    )
    for (const { image, probabilities } of samples.slice(0, 50)) {
      const answer = await ask<{ readonly probabilities: readonly number[] }>(served.url, { image })
      for (const [digit, p] of probabilities.entries())
        expect(Math.abs((answer.probabilities[digit] ?? 9) - p)).toBeLessThan(1e-4)
    }
    expect(await served.stop()).toBe(0)
  })

  test('the serve section of the spec counts, and flags count more', async () => {
    const project = exampleCopy('breast-cancer')
    const spec = join(project, 'spec.yaml')
    writeFileSync(
      spec,
      readFileSync(spec, 'utf8').replace(
        'component:',
        'serve:\n  bodyLimit: 10B\n  playground: false\ncomponent:',
      ),
    )
    const served = await serveCli([spec, '--playground'])
    const answer = await fetch(`${served.url}/predict`, { method: 'POST', body: 'x'.repeat(11) })
    expect(answer.status).toBe(413)
    expect((await fetch(served.url)).status).toBe(200)
  })

  test.each<[string, string[], number, RegExp]>([
    [
      'flags that do not fit',
      ['--workers', 'x', '--timeout', 'soon'],
      2,
      /--workers is "x"[\s\S]*--timeout is "soon"/,
    ],
    ['an unknown flag', ['--worker', '1'], 2, /--worker/],
  ])('%s end it', async (_, args, status, message) => {
    const project = exampleCopy('breast-cancer')
    const ended = await flambe(['serve', join(project, 'spec.yaml'), ...args])
    expect([ended.status, ended.stdout]).toEqual([status, ''])
    expect(ended.stderr).toMatch(message)
  })

  test('a spec that does not fit, and a port that is taken, are told as everywhere', async () => {
    const project = exampleCopy('breast-cancer')
    const spec = join(project, 'spec.yaml')
    const served = await serveCli([spec])
    const taken = await flambe(['serve', spec, '--port', new URL(served.url).port])
    expect([taken.status, taken.stdout]).toEqual([69, ''])
    expect(taken.stderr).toMatch(/is taken: another process listens there/)
    const wrong = await flambe(['serve', spec, '--set', 'serve.port=80a'])
    expect(wrong.status).toBe(22)
  })
})

describe('flambe serve --watch', { timeout: 60_000 }, () => {
  const engine = (factor: number | string) => `
    import { Component } from 'flambe'
    import { offset } from './offset.ts'
    export class Engine extends Component {
      predict({ x }: { x: number }): { y: number } { return { y: x * ${factor} + offset } }
    }`

  async function watched(files: Readonly<Record<string, string>>) {
    const project = folder(files)
    const served = await serveCli([join(project, 'spec.yaml'), '--watch'])
    const answer = async () => (await ask<{ readonly y: number }>(served.url, { x: 10 })).y
    const until = async (y: number) => {
      for (let tries = 0; tries < 500; tries++) {
        if ((await answer()) === y) return
        await sleep(20)
      }
      throw new Error(`${y} was not answered:\n${served.stderr()}`)
    }
    return { project, served, answer, until }
  }

  const files = {
    'spec.yaml': 'ext: ./ext\n---\n!Builder\ndestination: ./out\ncomponent: !ext.Engine {}\n',
    'ext/index.ts': engine(2),
    'ext/offset.ts': 'export const offset = 0',
  }

  test('an edit is served without a request lost, of modules that are imported as well', async () => {
    const { project, answer, until } = await watched(files)
    const answers: number[] = []
    let isOver = false
    const load = (async () => {
      while (!isOver) {
        answers.push(await answer())
        await sleep(1)
      }
    })()
    writeFileSync(join(project, 'ext/index.ts'), engine(3))
    await until(30)
    writeFileSync(join(project, 'ext/offset.ts'), 'export const offset = 1')
    await until(31)
    isOver = true
    await load
    expect([...new Set(answers)]).toEqual([20, 30, 31])
  })

  test('what load_from_path reads is served anew when it is built anew', async () => {
    const spec = (destination: string, component: string) =>
      `ext: ./ext\n---\n!Builder\ndestination: ${destination}\ncomponent: !ext.Engine${component}\n`
    const trained = folder({
      'spec.yaml': spec('./saved/engine', ' { factor: 2 }'),
      'ext/index.ts': `
        import { Component } from 'flambe'
        export class Engine extends Component {
          readonly factor: number
          constructor({ factor }: { factor: number }) { super(); this.factor = factor }
          predict({ x }: { x: number }): { y: number } { return { y: x * this.factor } }
        }`,
    })
    const train = (...more: readonly string[]) => flambe(['build', join(trained, 'spec.yaml'), ...more])
    expect((await train()).status).toBe(0)
    const { until } = await watched({
      'spec.yaml': spec('./out', `.load_from_path { path: ${join(trained, 'saved', 'engine')} }`),
      'ext/index.ts': readFileSync(join(trained, 'ext', 'index.ts'), 'utf8'),
    })
    await until(20)
    expect((await train('--force', '--set', 'component.factor=3')).status).toBe(0)
    await until(30)
  })

  test('a failing edit is shown, and the earlier component answers until it is mended', async () => {
    const { project, served, answer, until } = await watched(files)
    writeFileSync(join(project, 'ext/index.ts'), engine('(('))
    while (!/EXTENSION_INVALID/.test(served.stderr())) await sleep(20)
    expect(await answer()).toBe(20)
    writeFileSync(join(project, 'ext/index.ts'), engine(4))
    await until(40)
    writeFileSync(join(project, 'spec.yaml'), 'ext: ./ext\n---\n!Nonsense {}\n')
    while (!/SPEC_INVALID/.test(served.stderr())) await sleep(20)
    expect(await answer()).toBe(40)
    expect(await served.stop()).toBe(0)
  })
})
