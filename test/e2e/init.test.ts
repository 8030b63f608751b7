import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { projectKinds, projectLanguages } from '../../src/scaffold/index.ts'
import { flambe } from '../helpers/cli.ts'
import { folder } from '../helpers/folder.ts'

const root = join(import.meta.dirname, '..', '..')
const digits = join(root, 'examples', 'digits-onnx')

/** What `npm install` brings, as links. */
function install(project: string): void {
  const modules = join(project, 'node_modules')
  mkdirSync(join(modules, '.bin'), { recursive: true })
  mkdirSync(join(modules, '@types'))
  symlinkSync(root, join(modules, 'flambe'))
  symlinkSync(join(root, 'bin', 'run.js'), join(modules, '.bin', 'flambe'))
  symlinkSync(join(root, 'node_modules', '@types', 'node'), join(modules, '@types', 'node'))
  for (const name of ['onnxruntime-node', 'onnxruntime-common'])
    symlinkSync(join(digits, 'node_modules', name), join(modules, name))
}

function run(project: string, command: string, args: readonly string[]): string {
  const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`
  const env = { ...process.env, PATH: path, FLAMBE_HOME: join(project, 'out', 'home') }
  return execFileSync(command, args, {
    cwd: project,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

const cases = projectKinds.flatMap((kind) => projectLanguages.map((language) => ({ kind, language })))

test.each(cases)(
  'a new project predicts, passes its own tests and its type check: $kind, $language',
  async ({ kind, language }) => {
    const project = join(folder(), 'my Model')
    const made = await flambe(['init', project, '--kind', kind, '--language', language, '--json'])
    expect(JSON.parse(made.stdout).files).toContain('spec.yaml')
    install(project)
    const { scripts, name } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    expect(name).toBe('my-model')
    const predicted = run(project, process.execPath, [
      'node_modules/.bin/flambe',
      ...scripts.predict.split(' ').slice(1),
    ])
    expect(JSON.parse(predicted)).toBeTruthy()
    run(project, process.execPath, ['--test'])
    if (language === 'typescript') run(project, join(root, 'node_modules/.bin/tsc'), [])
  },
  60_000,
)

describe('flambe init', () => {
  test('--model starts from a network of the user, with an input in the shape that it asks for', async () => {
    const project = join(folder(), 'digits')
    const model = join(digits, 'data', 'digits-cnn.onnx')
    await flambe(['init', project, '--model', model, '--language', 'javascript'])
    install(project)
    expect(readFileSync(join(project, 'model.onnx'))).toEqual(readFileSync(model))
    const input = readFileSync(join(project, 'input.json'), 'utf8')
    expect(JSON.parse(input).inputs.image[0][0]).toEqual(Array.from({ length: 8 }, () => Array(8).fill(0)))
    const { stdout } = await flambe(['predict', join(project, 'spec.yaml'), '--input', input])
    expect(JSON.parse(stdout).outputs.probabilities[0]).toHaveLength(10)
    const wrong = await flambe([
      'predict',
      join(project, 'spec.yaml'),
      '--input',
      '{"inputs": {"image": [1]}}',
    ])
    expect(wrong.stderr).toContain('inputs.image takes float32')
  })

  test.each(['nosuch.onnx', join(root, 'package.json')])(
    'a model that is none is refused: %s',
    async (model) => {
      const project = join(folder(), 'x')
      const { status, stderr } = await flambe(['init', project, '--model', model, '--language', 'javascript'])
      expect(status).toBe(22)
      expect(stderr).toContain(`the model ${model}`)
      expect(existsSync(project)).toBe(false)
    },
  )

  test('a file in the way is named, and nothing is written', async () => {
    const project = folder({ 'spec.yaml': 'mine\n' })
    const { status, stderr } = await flambe(['init', project, '--kind', 'plain', '--language', 'javascript'])
    expect(status).toBe(22)
    expect(stderr).toContain('has spec.yaml already')
    expect(existsSync(join(project, 'ext'))).toBe(false)
    expect(readFileSync(join(project, 'spec.yaml'), 'utf8')).toBe('mine\n')
  })

  test('a package.json that is there keeps what it says, and gets what it lacks', async () => {
    const project = folder()
    const mine = {
      name: 'mine',
      scripts: { build: 'make', test: 'echo "Error: no test specified" && exit 1' },
    }
    writeFileSync(join(project, 'package.json'), JSON.stringify(mine))
    await flambe(['init', project, '--kind', 'onnx', '--language', 'typescript'])
    const now = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    expect(now).toMatchObject({
      name: 'mine',
      type: 'module',
      scripts: { build: 'make', test: 'node --test' },
      dependencies: { 'onnxruntime-node': expect.any(String) },
      devDependencies: { typescript: expect.any(String) },
    })
  })
})
