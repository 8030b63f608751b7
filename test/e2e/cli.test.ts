import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type CliOptions, flambe } from '../helpers/cli.ts'
import { folder } from '../helpers/folder.ts'

const spec = (more = '', component = '!ext.Model') =>
  `ext: ./ext\n---\n!Builder\ndestination: ./out\n${more}component: ${component}\n`
const model = `import { Component } from 'flambe'
export class Model extends Component {
  readonly n: number
  constructor({ n = 1 }: { n?: number } = {}) { super(); this.n = n }
  predict({ x }: { x: number }): { y: number } { return { y: x * this.n } }
}
`
const project = (files: Record<string, string> = {}) =>
  folder({ 'spec.yaml': spec(), 'ext/index.ts': model, ...files })

const run = (args: readonly string[], options: CliOptions = {}) =>
  flambe(args, { ...options, env: { NO_COLOR: '1', ...options.env } })

describe('exit codes, stdout and stderr (row 55, row 56)', () => {
  test.each<[string, readonly string[], Record<string, string>, number, string]>([
    ['success', ['build', 'spec.yaml'], {}, 0, ''],
    ['an unknown flag', ['build', 'spec.yaml', '--nope'], {}, 2, '--nope'],
    ['a missing argument', ['build'], {}, 2, 'spec'],
    ['an unknown command', ['biuld', 'spec.yaml'], {}, 2, 'biuld'],
    ['--set without a value', ['build', 'spec.yaml', '--set', 'x'], {}, 2, '--set takes key.path=value'],
    ['a spec that is not there', ['build', 'nope.yaml'], {}, 22, "Configuration file 'nope.yaml' not found"],
    [
      'a spec with problems',
      ['build', 'spec.yaml'],
      { 'spec.yaml': spec('storag: local\n') },
      22,
      'spec.yaml:5:1 error: Builder got an unexpected argument "storag"',
    ],
    [
      'a destination that is not empty',
      ['build', 'spec.yaml'],
      { 'out/x': '' },
      22,
      'folder is not empty. Use --force',
    ],
    [
      'an extension that is not there',
      ['build', 'spec.yaml'],
      { 'spec.yaml': spec().replace('./ext', './exd') },
      22,
      'the extension "ext" is not at',
    ],
    [
      'a constructor that throws',
      ['build', 'spec.yaml'],
      { 'ext/index.ts': model.replace('this.n = n', 'throw new Error("boom")') },
      22,
      'ext.Model threw while it was built: boom',
    ],
    [
      'a malformed secrets file (row 54)',
      ['build', 'spec.yaml', '-s', 'secrets.ini'],
      { 'secrets.ini': 'KEY = v3ry-secret' },
      22,
      'secrets.ini:1 cannot be read',
    ],
  ])('%s', async (_, args, files, status, message) => {
    const cwd = project(files)
    const result = await run(args, { cwd })
    expect([result.status, result.stderr]).toEqual([status, expect.stringContaining(message)])
    expect(result.stdout).toBe(status === 0 ? `${join(cwd, 'out')}\n` : '')
    expect(result.stderr).not.toMatch(/^\s+at |v3ry-secret/m)
    if (status !== 0) expect(existsSync(join(cwd, 'out', 'flambe.json'))).toBe(false)
  })

  test('a failure as data with --json, a stack with --debug alone', async () => {
    const cwd = project({ 'out/x': '' })
    const json = JSON.parse((await run(['build', 'spec.yaml', '--json'], { cwd })).stdout)
    expect(json.error).toMatchObject({ code: 'DESTINATION_NOT_EMPTY', exit: 22 })
    expect((await run(['build', 'spec.yaml', '--debug'], { cwd })).stderr).toMatch(/^\s+at /m)
  })

  test('success as data with --json; events go to stderr, one a line', async () => {
    const cwd = project()
    const { stdout, stderr } = await run(['build', 'spec.yaml', '--json'], { cwd })
    expect(JSON.parse(stdout)).toMatchObject({ location: join(cwd, 'out'), name: 'out', files: 6 })
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).type),
    ).toContain('step')
  })

  test('a warning of a spec is told with its place, and the work goes on', async () => {
    const cwd = project({ 'spec.yaml': spec('', '!Model:') })
    const { stderr, status } = await run(['build', 'spec.yaml'], { cwd })
    expect([status, stderr]).toEqual([
      0,
      expect.stringContaining(
        'warning spec.yaml:5:12 the tag !Model ends with a colon; it is read without\n',
      ),
    ])
  })

  test('a build ends with what it came to', async () => {
    const { stderr } = await run(['build', 'spec.yaml'], { cwd: project() })
    expect(stderr).toMatch(/\ndone in [\d.]+ s {2}\d+ files, [\d.]+ k?B\n$/)
  })

  test('--quiet says nothing where nothing fails', async () => {
    expect((await run(['build', 'spec.yaml', '-q'], { cwd: project() })).stderr).toBe('')
  })

  test('a reader that goes away is no failure', async () => {
    const bin = new URL('../../bin/run.js', import.meta.url).pathname
    const line = `'${process.execPath}' '${bin}' --help | true`
    expect(
      execFileSync('bash', ['-c', `set -o pipefail; ${line}`], { encoding: 'utf8', stdio: 'pipe' }),
    ).toBe('')
  })

  test('a slow reader gets all of the output', async () => {
    const cwd = project()
    await run(['build', 'spec.yaml'], { cwd })
    const bin = new URL('../../bin/run.js', import.meta.url).pathname
    const child = spawn(process.execPath, [bin, 'predict', 'out'], {
      cwd,
    })
    // More than pipes hold: the command cannot end before it is read.
    const rows = 30_000
    child.stdin.end('{"x": 1}\n'.repeat(rows))
    await sleep(1000)
    let lines = 0
    for await (const chunk of child.stdout) lines += String(chunk).split('\n').length - 1
    expect(lines).toBe(rows)
  })

  test('the log file keeps what was told (row 59)', async () => {
    const home = folder()
    await run(['build', 'spec.yaml'], { cwd: project(), env: { FLAMBE_HOME: home } })
    expect(readFileSync(join(home, 'logs', 'flambe.log'), 'utf8')).toContain('| STEP | {')
  })
})

describe('help', () => {
  test('lists the commands; each has a summary and two examples', async () => {
    const { stdout } = await run(['--help'])
    for (const name of ['build', 'inspect', 'predict', 'run']) {
      expect(stdout).toMatch(new RegExp(`^  ${name}\\s+\\S`, 'm'))
      const help = (await run([name, '--help'])).stdout
      expect(help.split('EXAMPLES')[1]?.match(/\$ flambe /g)?.length).toBeGreaterThanOrEqual(2)
    }
  })

  test('--version names the version', async () => {
    expect((await run(['--version'])).stdout).toMatch(/^flambe\/\d+\.\d+\.\d+ /)
  })

  test('a Node that is too old is told in one sentence', () => {
    const pretend = `data:text/javascript,Object.defineProperty(process,'versions',{value:{...process.versions,node:'20.11.0'}})`
    const bin = new URL('../../bin/run.js', import.meta.url).pathname
    const child = () =>
      execFileSync(process.execPath, ['--import', pretend, bin, '--help'], {
        encoding: 'utf8',
        stdio: 'pipe',
      })
    expect(child).toThrow('flambe needs Node 22.15 or newer, and this is Node 20.11.0.')
  })
})

describe('Runnables of the user (row 52, row 53)', () => {
  const runnable = `import { Runnable, type RunContext } from 'flambe'
export class Hello extends Runnable {
  readonly name: string
  constructor({ name }: { name: string }) { super(); this.name = name }
  override parse() { if (this.name === 'nobody') throw new Error('there must be somebody') }
  run({ force, secrets, content, extensions }: RunContext) {
    return { result: JSON.stringify({ name: this.name, force, key: secrets['AWS']?.['KEY'], lines: content.split('\\n').length, extensions }) }
  }
}
`
  const files = {
    'spec.yaml': 'ext: ./ext\n---\n!ext.Hello\nname: you\n',
    'ext/index.ts': runnable,
    'secrets.ini': '[AWS]\nKEY = abc\n',
  }

  test.each([[['run', 'spec.yaml']], [['spec.yaml']]])(
    '%j runs it, with force, secrets, content and extensions (row 54)',
    async (args) => {
      const { stdout, stderr, status } = await run([...args, '-f', '-s', 'secrets.ini', '-v'], {
        cwd: project(files),
      })
      expect(JSON.parse(stdout)).toEqual({
        name: 'you',
        force: true,
        key: 'abc',
        lines: 5,
        extensions: { ext: './ext' },
      })
      expect([status, stderr]).toEqual([0, expect.stringContaining('Done')])
    },
  )

  test('one may extend Builder: flambe is one copy, at build, and where its artifact is loaded', async () => {
    const cwd = project({
      'spec.yaml': 'ext: ./ext\n---\n!ext.Loud\ndestination: ./out\ncomponent: !ext.Model\n',
      'ext/index.ts': `import { Builder, Component, load, type RunContext } from 'flambe'
export class Model extends Component { predict(_: number): boolean { return this instanceof Component } }
export class Loud extends Builder {
  override async run(context: RunContext) {
    const { result } = await super.run(context)
    const back = await load(result)
    return { result: JSON.stringify([this instanceof Builder, back instanceof Component, back.constructor.name]) }
  }
}
`,
    })
    expect((await run(['spec.yaml'], { cwd })).stdout).toBe('[true,true,"Model"]\n')
    expect((await run(['predict', 'out', '--input', '1'], { cwd })).stdout).toBe('true\n')
  })

  test('its check stops it before it runs (row 53), and what it throws is its own failure', async () => {
    const { stdout, stderr, status } = await run(['spec.yaml', '--set', 'name=nobody'], {
      cwd: project(files),
    })
    const told = 'error COMPONENT_FAILED parse of ext.Hello failed: there must be somebody\n'
    expect([stdout, stderr, status]).toEqual(['', expect.stringContaining(told), 22])
  })
})

describe('models that were saved', () => {
  const saved = async () => {
    const cwd = project()
    expect((await run(['build', 'spec.yaml', '--set', 'component.n=3'], { cwd })).status).toBe(0)
    return cwd
  }
  const again = ['build', 'spec.yaml', '--set', 'destination=again', '--set']
  const loads = 'component=!ext.Model.load_from_path {path: ./out}'

  test('a class whose constructor changed is told by its argument (row 37)', async () => {
    const cwd = await saved()
    writeFileSync(
      join(cwd, 'ext', 'index.ts'),
      model.replaceAll(/\bn\b(?=\??:| = 1)/g, 'factor').replace('= n }', '= factor }'),
    )
    const { status, stderr } = await run([...again, loads], { cwd })
    expect([status, stderr]).toEqual([
      22,
      expect.stringContaining('argument "n" is no longer accepted by ext.Model'),
    ])
  })

  test('a model is another class now: both are named (row 10)', async () => {
    const cwd = await saved()
    writeFileSync(join(cwd, 'ext', 'index.ts'), `${model}export class Other extends Component {}\n`)
    const { status, stderr } = await run([...again, loads.replace('Model', 'Other')], { cwd })
    expect([status, stderr]).toEqual([
      22,
      expect.stringContaining('the artifact holds a Model, and not a Other'),
    ])
  })

  test('what was built from it holds its config and state, and needs it no more (row 39)', async () => {
    const cwd = await saved()
    expect((await run([...again, loads], { cwd })).status).toBe(0)
    renameSync(join(cwd, 'out'), join(cwd, 'gone'))
    renameSync(join(cwd, 'ext'), join(cwd, 'gone-ext'))
    const { stdout } = await run(['predict', 'again', '--input', '{"x": 2}'], { cwd })
    expect(stdout).toBe('{"y":6}\n')
  })
})

describe('interruption (row 57)', () => {
  const slow = model.replace(
    '{ super(); this.n = n }',
    '{ super(); this.n = n; const end = Date.now() + 400; while (Date.now() < end); }',
  )

  /** Sends the signal once the user's code has said that it is running. */
  const interrupted = async (body: string, signal: NodeJS.Signals = 'SIGINT') => {
    const says = `import { writeFileSync } from 'node:fs'\nconst running = () => writeFileSync('running', '')\n`
    const cwd = project({ 'ext/index.ts': `${says}${body}` })
    const running = join(cwd, 'running')
    const result = await run(['build', 'spec.yaml'], {
      cwd,
      onSpawn: async (child) => {
        while (!existsSync(running)) await sleep(20)
        child.kill(signal)
      },
    })
    return { ...result, left: readdirSync(cwd).filter((name) => name !== 'running') }
  }
  const nothing = {
    status: 130,
    stdout: '',
    stderr: expect.stringContaining('interrupted by'),
    left: ['ext', 'spec.yaml'],
  }

  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s in the middle leaves nothing behind and ends with 130',
    async (signal) => {
      const body = `running()\nawait new Promise((resolve) => setTimeout(resolve, 500))\n${slow}`
      expect(await interrupted(body, signal)).toMatchObject(nothing)
    },
  )

  test('user code that never ends is given up', async () => {
    const body = `running()\nawait new Promise((resolve) => setTimeout(resolve, 1e9))\n${model}`
    expect(await interrupted(body)).toMatchObject(nothing)
  })

  test('a signal before there is anything to clean up ends with 130 too', async () => {
    const bin = new URL('../../bin/run.js', import.meta.url).href
    const early = `process.on('newListener', () => setImmediate(() => process.kill(process.pid, 'SIGINT')))\nawait import(${JSON.stringify(bin)})`
    const child = spawn(process.execPath, ['--input-type=module', '-e', early, 'build', 'spec.yaml'])
    expect((await once(child, 'exit'))[0]).toBe(130)
  })

  test('kill -9 at ten random moments of a forced build: the earlier artifact or the new one loads (row 30)', async () => {
    const cwd = project({ 'weights.bin': 'w'.repeat(20_000_000) })
    writeFileSync(join(cwd, 'ext', 'index.ts'), model.replace('n?: number }', 'n?: number; w?: string }'))
    const build = (n: number) =>
      ['build', 'spec.yaml', '-f', '-q', '--set', `component={n: ${n}}`].map((arg) =>
        arg.replace(/component=(.*)/, 'component=!ext.Model $1'),
      )
    const withFile = (n: number) => [...build(n), '--set', 'component.w=!file ./weights.bin']
    expect((await flambe(withFile(0), { cwd })).status).toBe(0)
    // The second one has its types and code from the cache, as the next ones do.
    const started = Date.now()
    expect((await flambe(withFile(1), { cwd })).status).toBe(0)
    const took = Date.now() - started
    const isWriting = () => readdirSync(cwd).some((name) => name.startsWith('.out.flambe-'))
    let [last, killed] = [1, 0]
    for (let turn = 2; turn <= 11; turn++) {
      writeFileSync(join(cwd, 'weights.bin'), `${turn}`.repeat(10_000_000))
      const { signal } = await flambe(withFile(turn), {
        cwd,
        onSpawn: async (child) => {
          // Anywhere in one half of the turns, and while the artifact is written in the other.
          const end = Date.now() + took * (turn % 2 === 0 ? Math.random() : 3)
          while (Date.now() < end && !(turn % 2 === 1 && isWriting())) await sleep(1)
          if (turn % 2 === 1) await sleep(Math.random() * 40)
          child.kill('SIGKILL')
        },
      })
      if (signal === 'SIGKILL') killed++
      const { stdout, status } = await flambe(['predict', 'out', '--input', '{"x": 1}'], { cwd })
      expect(status).toBe(0)
      const { y } = JSON.parse(stdout)
      expect([last, turn]).toContain(y)
      last = y
    }
    expect(killed).toBeGreaterThan(4)
    expect((await flambe(withFile(99), { cwd })).status).toBe(0)
    expect(readdirSync(cwd).sort()).toEqual(['ext', 'out', 'spec.yaml', 'weights.bin'])
  })
})

describe('destinations (row 41)', () => {
  test('~ is the home folder, for an artifact and for an archive, and where it is told', async () => {
    const home = folder()
    const env = { HOME: home }
    const build = (...set: string[]) =>
      run(['build', 'spec.yaml', ...set.flatMap((one) => ['--set', one])], { cwd: project(), env })
    expect((await build('destination=~/a/out/')).stdout).toBe(`${join(home, 'a', 'out')}\n`)
    expect((await build('destination=~/a/out/', 'compress=true')).stdout).toBe(
      `${join(home, 'a', 'out.tar.gz')}\n`,
    )
    expect((await build('destination=~/named.tar.gz', 'compress=true')).stdout).toBe(
      `${join(home, 'named.tar.gz')}\n`,
    )
    const { stdout } = await run(['predict', '~/named.tar.gz', '--input', '{"x": 2}'], { env })
    expect(stdout).toBe('{"y":2}\n')
  })

  test.each([
    ['s3://bucket/x', 'add "storage: s3"'],
    ['gs://bucket/x', 'write a path'],
  ])('%s is no folder', async (destination, hint) => {
    const cwd = project()
    const { status, stderr } = await run(['build', 'spec.yaml', '--set', `destination=${destination}`], {
      cwd,
    })
    expect([status, stderr]).toEqual([22, expect.stringContaining(hint)])
    expect(readdirSync(cwd).sort()).toEqual(['ext', 'spec.yaml'])
  })
})

describe('disks', () => {
  const root = process.getuid?.() === 0

  /** A small file system of its own, where the tests may mount one. */
  function mounted(options: string): string {
    const directory = folder()
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory])
    onTestFinished(() => void execFileSync('umount', ['-l', directory]))
    return directory
  }

  test.runIf(root)('a full disk: exit 69, and no partial artifact (row 30)', async () => {
    const disk = mounted('size=1m')
    const cwd = project({
      'weights.bin': 'w'.repeat(3_000_000),
      'ext/index.ts': model.replace('n?: number }', 'n?: number; w?: string }'),
    })
    const set = [`destination=${join(disk, 'out')}`, 'component.w=!file ./weights.bin'].flatMap((one) => [
      '--set',
      one,
    ])
    const result = await run(['build', 'spec.yaml', ...set], { cwd })
    expect([result.status, result.stderr]).toEqual([69, expect.stringContaining('no space is left')])
    expect(readdirSync(disk)).toEqual([])
  })

  test('a folder that may not be written: exit 77, and nothing is lost', async () => {
    const disk = root ? mounted('ro') : folder()
    if (!root) chmodSync(disk, 0o555)
    const result = await run(['build', 'spec.yaml', '--set', `destination=${join(disk, 'out')}`], {
      cwd: project(),
    })
    expect([result.status, result.stderr]).toEqual([77, expect.stringContaining('permission denied')])
    if (!root) chmodSync(disk, 0o755)
  })
})

test('an artifact whose file changes while it is read is not written', async () => {
  const cwd = project({ 'ext/index.ts': model.replace('n?: number }', 'n?: number; w?: string }') })
  mkdirSync(join(cwd, 'data'))
  writeFileSync(join(cwd, 'data', 'w.bin'), Buffer.alloc(100_000_000))
  const writer = spawn(process.execPath, [
    '-e',
    `const fs = require('fs'); setInterval(() => fs.appendFileSync(${JSON.stringify(join(cwd, 'data', 'w.bin'))}, 'x'), 5)`,
  ])
  await once(writer, 'spawn')
  try {
    const result = await run(['build', 'spec.yaml', '--set', 'component.w=!file ./data/w.bin'], { cwd })
    expect([result.status, result.stderr]).toEqual([22, expect.stringContaining('changed while it was read')])
    expect(existsSync(join(cwd, 'out'))).toBe(false)
  } finally {
    writer.kill()
  }
})
