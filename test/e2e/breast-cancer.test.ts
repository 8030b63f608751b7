import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import { scratch } from '../helpers/registry/scratch.ts'

type Sample = { readonly features: readonly number[]; readonly POSITIVE: number; readonly NEGATIVE: number }

const samples: readonly Sample[] = JSON.parse(
  readFileSync(
    new URL('../../examples/breast-cancer/data/breast-cancer-samples.json', import.meta.url),
    'utf8',
  ),
)

/** The example, built, moved elsewhere, its sources deleted: all tests here only read it, on a machine whose cache is empty. */
const artifact = join(scratch(), 'elsewhere')
const env = () => ({ FLAMBE_CACHE_DIR: folder() })

beforeAll(async () => {
  const project = join(scratch(), 'project')
  cpSync(new URL('../../examples/breast-cancer', import.meta.url), project, {
    recursive: true,
    filter: (path) => !/\/out(\/|$)/.test(path),
  })
  const built = await flambe(['build', join(project, 'spec.yaml')], {
    env: { FLAMBE_CACHE_DIR: join(project, 'cache') },
  })
  expect(built.status, built.stderr).toBe(0)
  renameSync(built.stdout.trim(), artifact)
  rmSync(project, { recursive: true })
})

function expectAnswers(answers: readonly Record<string, number>[], samples: readonly Sample[]): void {
  expect(answers).toHaveLength(samples.length)
  for (const [index, { POSITIVE, NEGATIVE }] of samples.entries()) {
    expect(Math.abs((answers[index]?.['POSITIVE'] ?? 9) - POSITIVE)).toBeLessThan(1e-5)
    expect(Math.abs((answers[index]?.['NEGATIVE'] ?? 9) - NEGATIVE)).toBeLessThan(1e-5)
  }
}

const dist = new URL('../../dist/index.js', import.meta.url).href

const packagesIn = (text: string) =>
  [...text.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)].map(([, name]) => name)

/** The packages whose code is in a module of ours: the bundler says where it took it from. */
const bundledIn = (url: string) =>
  url.startsWith(new URL('.', dist).href)
    ? [...readFileSync(new URL(url), 'utf8').matchAll(/^\s*\/\/ (node_modules\/\S+)$/gm)].flatMap(
        ([, path = '']) => packagesIn(path),
      )
    : []

/** Runs a module that imports flambe in a fresh process, and gives what it prints. */
function run(script: string, ...args: string[]): string {
  return execFileSync(
    process.execPath,
    ['--input-type=module', '-e', script.replace("'flambe'", JSON.stringify(dist)), ...args],
    { encoding: 'utf8' },
  )
}

describe('the story of the documentation (row 51)', () => {
  test('built, moved, its sources deleted: predict answers all rows (row 39)', async () => {
    const stdin = samples.map(({ features }) => JSON.stringify({ features })).join('\n')
    const { stdout, status } = await flambe(['predict', artifact, '--input', '-'], { stdin, env: env() })
    expect(status).toBe(0)
    expectAnswers(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      samples,
    )
  })

  test('load() gives the object back in a process that has never seen the extension (row 35)', async () => {
    const script = `import { load } from 'flambe'
const [engine, rows] = [await load(process.argv[1]), JSON.parse(process.argv[2])]
console.log(JSON.stringify([engine.constructor.name, engine.model.constructor.name, rows.map((features) => engine.predict({ features }))]))`
    const [engine, model, answers] = JSON.parse(
      run(script, artifact, JSON.stringify(samples.map(({ features }) => features))),
    )
    expect([engine, model]).toEqual(['ClassifierEngine', 'BinaryClassifier'])
    expectAnswers(answers, samples)
  })

  test('neither load() nor predict loads a YAML parser or a compiler', async () => {
    const log = join(folder(), 'loaded')
    const trace = `import module from 'node:module'; import { appendFileSync } from 'node:fs'
module.registerHooks({ load: (url, context, next) => { appendFileSync(${JSON.stringify(log)}, url + '\\n'); return next(url, context) } })`
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(trace)}`
    const input = JSON.stringify({ features: samples[0]?.features })
    expect(
      (await flambe(['predict', artifact, '--input', input], { env: { ...env(), NODE_OPTIONS } })).status,
    ).toBe(0)
    const script = `import { load } from ${JSON.stringify(dist)}\nawait load(process.argv[1])`
    execFileSync(
      process.execPath,
      ['--input-type=module', '-e', script.replace('/index.js', '/user-api.js'), artifact],
      {
        env: { ...process.env, NODE_OPTIONS },
      },
    )
    const loaded = [...new Set(readFileSync(log, 'utf8').trim().split('\n'))]
    const packages = loaded.flatMap((url) => [...packagesIn(url), ...bundledIn(url)])
    const forbidden = [
      'yaml',
      'esbuild',
      'typescript',
      'oxc-parser',
      'oxc-transform',
      '@vercel/nft',
      'dockerode',
      'execa',
      // The artifact holds its checks, compiled.
      'ajv',
    ]
    expect(forbidden.filter((name) => packages.includes(name))).toEqual([])
    expect(packages).toContain('@oclif/core')
    const chunks = readdirSync(new URL('chunks/', dist)).map((name) => new URL(`chunks/${name}`, dist).href)
    expect(chunks.flatMap(bundledIn)).toEqual(expect.arrayContaining(['yaml', 'dockerode']))
  })

  test('the model alone loads from its folder (row 27)', async () => {
    const script = `import { load } from 'flambe'
const model = await load(process.argv[1])
console.log(model.constructor.name, model.weight.length)`
    expect(run(script, join(artifact, 'model'))).toBe('BinaryClassifier 30\n')
  })

  test('one .tar.gz does the same (row 28)', async () => {
    const project = exampleCopy('breast-cancer')
    const built = await flambe(['build', join(project, 'spec.yaml'), '--set', 'compress=true'])
    const archive = join(folder(), 'moved.tar.gz')
    renameSync(built.stdout.trim(), archive)
    rmSync(project, { recursive: true })
    const input = JSON.stringify({ features: samples[0]?.features })
    const { stdout } = await flambe(['predict', archive, '--input', input], { env: env() })
    expectAnswers([JSON.parse(stdout)], samples.slice(0, 1))
  })

  test('what is saved names no folder of this machine (row 64), and holds the exact spec (row 68) and the defaults (row 23)', async () => {
    const spec = readFileSync(new URL('../../examples/breast-cancer/spec.yaml', import.meta.url), 'utf8')
    expect(readFileSync(join(artifact, 'spec.yaml'), 'utf8')).toBe(spec)
    for (const name of readdirSync(artifact, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )) {
      expect(readFileSync(join(name.parentPath, name.name), 'latin1')).not.toMatch(/flambe-test-|\/tmp\//)
    }
    expect(readFileSync(join(artifact, 'config.yaml'), 'utf8')).toBe(
      'ext: ./ext\n---\n!ext.ClassifierEngine\nmodel: !ext.BinaryClassifier\n  features: 30\n',
    )
  })

  test('two checkouts at different places, with another umask and time zone, give the same bytes', async () => {
    const build = async (wrap: readonly string[], TZ: string) => {
      const project = exampleCopy('breast-cancer')
      const bin = new URL('../../bin/run.js', import.meta.url).pathname
      const line = [...wrap, `'${process.execPath}' '${bin}' build '${project}/spec.yaml' --quiet`].join(' ')
      execFileSync('sh', ['-c', line], { env: { ...process.env, ...env(), TZ }, stdio: 'pipe' })
      return readFileSync(join(project, 'out', 'engine', 'flambe.json'), 'utf8')
    }
    expect(await build(['umask 077;'], 'Asia/Tokyo')).toBe(await build(['umask 022;'], 'UTC'))
  })

  test('the training script learns, and a spec builds on what it saved', async () => {
    const project = new URL('../../examples/breast-cancer/', import.meta.url).pathname
    const model = join(folder(), 'model')
    const said = execFileSync(process.execPath, ['--no-warnings', join(project, 'train.ts'), model], {
      encoding: 'utf8',
    })
    expect(Number(/held-out rows: ([\d.]+)/.exec(said)?.[1])).toBeGreaterThanOrEqual(0.95)
    const out = join(folder(), 'out')
    const set = [`destination=${out}`, `component.model.path=${model}`].flatMap((one) => ['--set', one])
    const built = await flambe(['build', join(project, 'spec.yaml'), ...set])
    expect([built.status, built.stdout]).toEqual([0, `${out}\n`])
  })
})

test('inspect shows components, tensors, schemas and files; --json has them all', async () => {
  const { stdout } = await flambe(['inspect', artifact], { env: env() })
  for (const text of [
    'ext.ClassifierEngine 1.0.0',
    'model: ext.BinaryClassifier 1.0.0',
    'weight F32 [30]',
    '"features"',
    'state.safetensors',
  ]) {
    expect(stdout).toContain(text)
  }
  const json = JSON.parse((await flambe(['inspect', artifact, '--json'], { env: env() })).stdout)
  expect(Object.keys(json)).toEqual([
    'name',
    'flambe',
    'format',
    'components',
    'classes',
    'code',
    'dependencies',
    'files',
    'size',
  ])
  expect(json.components[1].tensors).toContainEqual({ name: 'weight', dtype: 'F32', shape: [30] })
})

test('rows that fail are answered in their place, and the status says so', async () => {
  const stdin = ['{"features": [1]}', JSON.stringify({ features: samples[0]?.features }), 'oops'].join('\n')
  const { stdout, status } = await flambe(['predict', artifact], { stdin, env: env() })
  const [first, second, third] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect([first.error.code, Object.keys(second), third.error.code, status]).toEqual([
    'INPUT_INVALID',
    ['POSITIVE', 'NEGATIVE'],
    'INPUT_INVALID',
    22,
  ])
})
