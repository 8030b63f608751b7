import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'

async function ask(target: string, input: unknown, env: Record<string, string> = {}) {
  const { stdout, stderr } = await flambe(['predict', target, '--input', JSON.stringify(input)], {
    env,
  })
  return stdout === '' ? stderr : JSON.parse(stdout)
}

test('sonnets-stream: the same seed gives the same words, all of them of the text', async () => {
  const spec = join(exampleCopy('sonnets-stream'), 'spec.yaml')
  const [first, again] = [await ask(spec, { words: 30, seed: 7 }), await ask(spec, { words: 30, seed: 7 })]
  expect(first).toEqual(again)
  const known = new Set(readFileSync(join(spec, '..', 'data', 'sonnets.txt'), 'utf8').split(/\s+/))
  expect(first).toHaveLength(30)
  expect(first.filter(({ word }: { word: string }) => !known.has(word))).toEqual([])
})

test('nearest-batching: a row is its own nearest, and what surrounds it says its class', async () => {
  const spec = join(exampleCopy('nearest-batching'), 'spec.yaml')
  const [, ...lines] = readFileSync(join(spec, '..', 'data', 'breast-cancer-wisconsin.csv'), 'utf8').split(
    '\n',
  )
  const cells = lines[0]?.split(',') ?? []
  const { rows, malignant } = await ask(spec, { features: cells.slice(0, 30).map(Number) })
  expect(rows[0]).toBe(0)
  expect(malignant).toBeGreaterThan(0.5)
  expect(cells[30]?.trim()).toBe('malignant')
})

test('monorepo: a TypeScript package of the workspace is in the artifact, and its types check the input', async () => {
  const project = exampleCopy('monorepo')
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund'], { cwd: project, stdio: 'pipe' })
  const artifact = join(folder(), 'screening')
  const built = await flambe([
    'build',
    join(project, 'services/screening/spec.yaml'),
    '--set',
    `destination=${artifact}`,
  ])
  expect(built.status, built.stderr).toBe(0)
  rmSync(project, { recursive: true })
  expect(await ask(artifact, { temperature: { fahrenheit: 101.3 } })).toEqual({ celsius: 38.5, fever: true })
  expect(await ask(artifact, { temperature: { kelvin: 311 } })).toContain('INPUT_INVALID')
})

describe('http-secret', () => {
  const key = 'canary-7f3a9c'
  const asked: (string | undefined)[] = []
  let api: Server
  let url = ''
  beforeAll(async () => {
    api = createServer((request, response) => {
      asked.push(request.headers.authorization)
      response.end(JSON.stringify({ data: [{ embedding: [3, 4] }, { embedding: [4, 3] }] }))
    })
    await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
    const address = api.address()
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1/embeddings`
  })
  afterAll(() => void api.close())

  test('the key goes to the API, and is in no file of the artifact', async () => {
    const spec = join(exampleCopy('http-secret'), 'spec.yaml')
    const artifact = join(folder(), 'similarity')
    const built = await flambe(
      ['build', spec, '--set', `destination=${artifact}`, '--set', `component.url=${url}`],
      { env: { EMBEDDINGS_API_KEY: key } },
    )
    expect(built.status, built.stderr).toBe(0)
    const files = globSync('**/*', { cwd: artifact })
      .map((path) => join(artifact, path))
      .filter((path) => statSync(path).isFile())
    expect(files.filter((path) => readFileSync(path).includes(key))).toEqual([])
    const answer = await ask(artifact, { a: 'one', b: 'two' }, { EMBEDDINGS_API_KEY: key })
    expect(answer.similarity).toBeCloseTo(0.96, 10)
    expect(asked).toEqual([`Bearer ${key}`])
  })

  test('without the key, the variable to set is named', async () => {
    const spec = join(exampleCopy('http-secret'), 'spec.yaml')
    expect(await ask(spec, { a: 'one', b: 'two' })).toContain('set EMBEDDINGS_API_KEY')
  })
})
