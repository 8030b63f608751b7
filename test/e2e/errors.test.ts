import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { formatError } from '../../src/cli/report-error.ts'
import { createStyle } from '../../src/cli/style.ts'
import { type ErrorCode, errorCodes } from '../../src/errors.ts'
import { hashFile } from '../../src/files/index.ts'
import { type CliOptions, flambe } from '../helpers/cli.ts'

const model = `import { Component } from 'flambe'
export class Model extends Component {
  static override version = '1.0.0'
  readonly n: unknown
  constructor({ n = 1 }: { n?: unknown } = {}) { super(); this.n = n }
  predict({ x }: { x: number }): { y: number } { return { y: x } }
}
export class Throws extends Component { constructor() { super(); throw new Error('no weights') } }
export class Keeps extends Component { static override state = ['f']; f = () => 1 }
export class Odd extends Component { predict(x: number): unknown { return { f: [() => x] } } }
export class Beta extends Component { static override state: any = 'weight' }
`
const spec = (component = '!ext.Model {}', extension = './ext') =>
  `ext: ${extension}\n---\n!Builder\ndestination: ./new\ncomponent: ${component}\n`

type Case = {
  readonly args: string
  /** The command's spec, `CODE.yaml`, where it is not the one that builds. */
  readonly spec?: string
  /** Changes `CODE`, a copy of a good artifact. */
  readonly spoil?: (artifact: string) => void
  /** What the message names: what, where, which value. */
  readonly names: readonly string[]
  readonly hint: RegExp
}

const editManifest = (from: string | RegExp, to: string) => (artifact: string) => {
  const file = join(artifact, 'flambe.json')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to))
}

const cases: Readonly<Record<Exclude<ErrorCode, 'BUG' | 'SOURCE_INVALID'>, Case>> = {
  USAGE: { args: 'build', names: ['flambe build needs SPEC'], hint: /for example: flambe build spec\.yaml/ },
  SPEC_NOT_FOUND: { args: 'build nowhere/nope.yaml', names: ["'nowhere/nope.yaml'"], hint: /check the path/ },
  SPEC_INVALID: {
    args: 'build SPEC',
    spec: spec().replace('destination', 'destinaton'),
    names: ['SPEC_INVALID.yaml:4:1', '"destinaton"'],
    hint: /did you mean "destination"\?/,
  },
  EXTENSION_NOT_FOUND: {
    args: 'build SPEC',
    spec: spec('!ext.Model', './exd'),
    names: ['"ext"', '/exd'],
    hint: /the folder of the spec/,
  },
  EXTENSION_NOT_INSTALLED: {
    args: 'build SPEC',
    spec: spec('!ext.Model', 'churn-model@1.2.0'),
    names: ['"ext"', 'churn-model@1.2.0'],
    hint: /--install-extensions/,
  },
  EXTENSION_INVALID: {
    args: 'build SPEC',
    spec: spec('!ext.Model', './broken'),
    names: ['"ext"', 'index.ts:1:18', 'Expected identifier'],
    hint: /mend the file and line/,
  },
  EXTENSION_FETCH_FAILED: {
    args: 'build SPEC -i',
    spec: spec('!ext.Model', 'git+file:///nowhere/churn.git'),
    names: ['git fetch', '/nowhere/churn.git'],
    hint: /fetches it by hand/,
  },
  COMPONENT_INVALID: {
    args: 'build SPEC',
    spec: spec('!ext.Beta'),
    names: ['static state of Beta is no list'],
    hint: /write static state = /,
  },
  COMPONENT_FAILED: {
    args: 'build SPEC',
    spec: spec('!ext.Throws'),
    names: ['ext.Throws threw while it was built', 'no weights'],
    hint: /--debug shows its stack/,
  },
  LINK_INVALID: {
    args: 'build SPEC',
    spec: spec('!ext.Model\n  n:\n    a: !ext.Model\n    b: !@ n[a].weight'),
    names: ['n[a].weight'],
    hint: /./,
  },
  STATE_INVALID: {
    args: 'build SPEC',
    spec: spec('!ext.Keeps'),
    names: ['ext.Keeps', ' f, a function'],
    hint: /numbers, strings, typed arrays/,
  },
  VERSION_MISMATCH: {
    args: 'build SPEC',
    spec: spec('!ext.Model.load_from_path { path: ./VERSION_MISMATCH }'),
    spoil: editManifest('1.0.0', '2.0.0'),
    names: ['1.0.0', '2.0.0', 'Model'],
    hint: /as it was saved/,
  },
  INPUT_INVALID: {
    args: 'predict ARTIFACT --input {"x":"a"}',
    names: ['the input does not fit: /x must be number'],
    hint: /flambe inspect shows the schema/,
  },
  OUTPUT_INVALID: {
    args: 'predict SPEC --input 1',
    spec: spec('!ext.Odd'),
    names: ['/f/0 of the output', 'a function'],
    hint: /./,
  },
  SECRETS_INVALID: { args: 'build SPEC -s broken/secrets.ini', names: ['secrets.ini:1'], hint: /looks like/ },
  DESTINATION_INVALID: {
    args: 'build SPEC --set destination=gs://bucket/x',
    names: ['gs://bucket/x'],
    hint: /write a path/,
  },
  DESTINATION_NOT_EMPTY: {
    args: 'build SPEC --set destination=./broken',
    names: ['/broken'],
    hint: /--force|another/,
  },
  ARTIFACT_NOT_FOUND: {
    args: 'inspect ./nowhere/nothing',
    names: ['./nowhere/nothing'],
    hint: /flambe build/,
  },
  ARTIFACT_DAMAGED: {
    args: 'predict ARTIFACT --input {"x":1}',
    spoil: (artifact) => appendFileSync(join(artifact, 'spec.yaml'), 'x'),
    names: ['spec.yaml'],
    hint: /./,
  },
  ARTIFACT_UNSUPPORTED: {
    args: 'inspect ARTIFACT',
    spoil: editManifest(/"format": ?\d+/g, '"format": 99'),
    names: ['has format 99', 'reads formats up to'],
    hint: /update flambe/,
  },
  ARTIFACT_UNSAFE: {
    args: 'inspect ARTIFACT',
    spoil: editManifest('"spec.yaml"', '"../spec.yaml"'),
    names: ['"../spec.yaml" leaves the artifact'],
    hint: /who made it/,
  },
  SETTINGS_INVALID: {
    args: 'serve SPEC --port eighty',
    names: ['port takes a whole number from 0 to 65535, and --port is "eighty"'],
    hint: /docs\/08-serving\.md/,
  },
  IMAGE_INVALID: {
    args: 'build SPEC --docker --base oci:./broken --output image',
    names: ['broken'],
    hint: /./,
  },
  REFERENCE_INVALID: {
    args: 'copy Me/App:v1 me/app:v2',
    names: ['Me/App', 'capital letters'],
    hint: /me\/app/,
  },
  UNAVAILABLE: {
    args: 'copy 127.0.0.1:1/me/app:v1 127.0.0.1:1/me/app:v2',
    names: ['127.0.0.1:1', 'me/app', 'refused'],
    hint: /is running and listens/,
  },
  DISK_FULL: { args: 'build SPEC --metadata-file /dev/full', names: ['/dev/full'], hint: /free some space/ },
  DENIED: {
    args: 'copy REGISTRY/me/app:v1 REGISTRY/me/app:v2',
    names: ['127.0.0.1', 'me/app', '403'],
    hint: /docker login/,
  },
  INTERRUPTED: {
    args: 'build SPEC',
    spec: spec('!ext.Model', './endless'),
    names: ['interrupted by SIGINT'],
    hint: /run it again/,
  },
}

const root = mkdtempSync(join(tmpdir(), 'flambe-test-'))
const env = { FLAMBE_CACHE_DIR: join(root, 'cache'), FLAMBE_HOME: join(root, 'home'), NO_COLOR: '1' }
const registry = createServer((_, response) => {
  response.writeHead(403, { 'content-type': 'application/json' })
  response.end('{"errors":[{"code":"DENIED","message":"not yours"}]}')
})

beforeAll(async () => {
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  write('ext/index.ts', model)
  write('broken/index.ts', 'export class A { ( }')
  write('broken/secrets.ini', 'KEY = 1')
  write('endless/index.ts', `console.error('endless')\nawait new Promise((end) => setTimeout(end, 1e6))\n`)
  write('good.yaml', spec())
  const built = await flambe(['build', 'good.yaml', '--set', 'destination=good'], { cwd: root, env })
  expect(built).toMatchObject({ status: 0 })
  for (const [code, one] of Object.entries(cases)) {
    write(`${code}.yaml`, (one.spec ?? spec()).replace('./new', `./new-${code}`))
    if (!one.args.includes('ARTIFACT') && !one.spoil) continue
    cpSync(join(root, 'good'), join(root, code), { recursive: true })
    one.spoil?.(join(root, code))
  }
}, 120_000)
afterAll(() => {
  registry.close()
  rmSync(root, { recursive: true })
})

describe('each code of docs/errors.md, as its user meets it', { timeout: 60_000 }, () => {
  test.concurrent.for(Object.entries(cases))('%s', async ([code, { args, names, hint }], { expect }) => {
    const { port } = registry.address() as AddressInfo
    const places = { SPEC: `${code}.yaml`, ARTIFACT: `./${code}` }
    const line = args
      .replace(/\b(SPEC|ARTIFACT)\b/, (name) => places[name as keyof typeof places])
      .replaceAll('REGISTRY', `127.0.0.1:${port}`)
    const onSpawn: CliOptions['onSpawn'] = (child) =>
      child.stderr?.on('data', (text: string) => text.includes('endless') && child.kill('SIGINT'))
    const { stdout, stderr, status } = await flambe(line.split(' '), { cwd: root, env, onSpawn })
    expect(stderr).toMatch(new RegExp(`^error ${code} \\S`, 'm'))
    expect([status, stdout]).toEqual([errorCodes[code as ErrorCode].exit, ''])
    for (const name of names) expect(stderr).toContain(name)
    expect(stderr.match(/^ +hint:? .*/gm)?.join('\n')).toMatch(hint)
    expect(stderr).not.toMatch(/^\s+at |undefined|\[object/m)
  })

  // A spec's files are looked at before they are read; only one that changes meanwhile gets so far (cli.test.ts).
  test('SOURCE_INVALID', async () => {
    const error: unknown = await hashFile('/dev/null').catch((failure) => failure)
    const told = formatError(error, { style: createStyle(false), debug: false })
    expect(told).toMatch(/^error SOURCE_INVALID \/dev\/null is no regular file\n {2}hint check the path/)
  })

  test('BUG', () => {
    const told = formatError(new TypeError('x is no function'), { style: createStyle(false), debug: false })
    expect(told).toMatch(/^error BUG x is no function\nTypeError: x[\s\S]*\n {2}hint .*please report it/)
  })
})

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
