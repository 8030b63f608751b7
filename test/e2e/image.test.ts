import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  globSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import { git } from '../helpers/git.ts'
import { canEnter, enter, unpackLayout } from '../helpers/root-fs.ts'

const bin = new URL('../../bin/run.js', import.meta.url).pathname
const digits = new URL('../../examples/digits-onnx/', import.meta.url).pathname

type Sample = { readonly input: unknown; readonly check: (answer: unknown) => void }

const examples: Readonly<Record<string, () => readonly Sample[]>> = {
  'breast-cancer': () => {
    const samples = read('breast-cancer', 'breast-cancer-samples.json')
    return samples.slice(0, 20).map(({ features, POSITIVE }: { features: number[]; POSITIVE: number }) => ({
      input: { features },
      check: (answer: { POSITIVE: number }) => expect(answer.POSITIVE).toBeCloseTo(POSITIVE, 5),
    }))
  },
  'digits-onnx': () =>
    read('digits-onnx', 'digits-samples.json')
      .slice(0, 20)
      .map(({ image, probabilities }: { image: number[][]; probabilities: number[] }) => ({
        input: { image },
        check: (answer: { probabilities: number[] }) => {
          for (const [digit, p] of probabilities.entries())
            expect(answer.probabilities[digit]).toBeCloseTo(p, 4)
        },
      })),
}

describe.each(Object.keys(examples))('%s', (name) => {
  test.runIf(canEnter(`the image of ${name}, run`))(
    'runs from its image alone, as a user without rights',
    async () => {
      const layout = await builtLayout(name)
      const root = unpackLayout(layout)
      const port = await freePort()
      const url = `http://127.0.0.1:${port}`
      const server = enter(root, { FLAMBE_PORT: `${port}`, FLAMBE_HOST: '127.0.0.1' })
      await until(
        async () => (await fetch(`${url}/readyz`)).ok,
        () => server.output.stderr,
      )
      await ask(url, name)
      expect(await server.stop()).toBe(0)
    },
    120_000,
  )
})

test('without an engine the image is a layout in the present folder, and it says why', async () => {
  const [project, cwd] = [exampleCopy('breast-cancer'), folder()]
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
  const args = ['build', '--docker', '--base', 'host', join(project, 'spec.yaml')]
  const { status, stdout, stderr } = await flambe(args, { env, cwd })
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${join(cwd, 'engine.oci')}\n` })
  expect(stderr).toMatch(/warning no engine answers, so the image goes to .*engine\.oci/)
  expect(existsSync(join(cwd, 'engine.oci', 'oci-layout'))).toBe(true)
})

test.each<[string, readonly string[], number, RegExp]>([
  ['a bad tag', ['--docker', '--base', 'host', '--tag', 'Me/App'], 2, /capital letters/],
  ['a bad label', ['--docker', '--base', 'host', '--label', 'x'], 2, /NAME=VALUE/],
  ['a folder that is taken', ['--docker', '--base', 'host', '--output', '.'], 22, /holds files and no image/],
  ['an engine that is not there', ['--docker', '--base', 'host', '--output', 'docker'], 69, /docker/],
  ['flags of images without one', ['--tag', 'app:v1'], 2, /--tag is for images/],
  ['variables of images without one', ['--env', 'A=1'], 2, /--env is for images/],
])('%s is told before anything is built', async (_, flags, code, message) => {
  const project = exampleCopy('breast-cancer')
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }
  const args = ['build', ...flags, join(project, 'spec.yaml')]
  const { status, stderr } = await flambe(args, { env, cwd: project })
  expect(stderr).toMatch(message)
  expect(stderr).not.toContain('build ext.')
  expect(status).toBe(code)
})

test('!DockerBuilder makes its image, and what is wrong in it is told where it stands', async () => {
  const project = exampleCopy('breast-cancer')
  const spec = (lines: string) =>
    writeFileSync(
      join(project, 'image.yaml'),
      `ext: ./ext\n---\n!DockerBuilder\nbase: host\noutput: ./out/image.oci\n${lines}\ncomponent: !ext.ClassifierEngine\n  model: !ext.BinaryClassifier.load_from_path\n    path: ./model\n`,
    )
  spec('image: Me/App:v1\nenv:\n  1A: x\nuser: no body')
  const refused = await flambe(['build', 'image.yaml'], { cwd: project })
  expect(refused.status).toBe(22)
  expect(refused.stderr).toMatch(
    /image\.yaml:6:8 error: "image" of DockerBuilder takes a name and tag such as/,
  )
  expect(refused.stderr).toMatch(/"1A" is no name in "env" of DockerBuilder: it takes letters/)
  expect(refused.stderr).toMatch(/"user" of DockerBuilder takes UID\[:GID\]/)
  spec('image: me/app:v1\nenv:\n  A: 1\nlabels:\n  team: vision\nserve:\n  port: 9000')
  const { status, stdout } = await flambe(['build', 'image.yaml', '--label', 'level=3'], { cwd: project })
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${join(project, 'out', 'image.oci')}\n` })
  const { config } = unpackLayout(join(project, 'out', 'image.oci'))
  expect(config.Env).toContain('A=1')
  expect(config.Labels).toMatchObject({ team: 'vision', level: '3', 'org.opencontainers.image.title': 'app' })
  expect(Object.keys(config.ExposedPorts)).toEqual(['9000/tcp'])
})

test('files that are links, to within the project and out of it, are in the image with their bytes', async () => {
  const outside = join(folder({ 'outside.bin': 'from outside' }), 'outside.bin')
  const project = folder({
    'ext/index.ts': `import { Component } from 'flambe'
export class Model extends Component {
  constructor(readonly args: { inside: string; outside: string }) { super() }
  predict(_: {}): { ok: boolean } { return { ok: true } }
}`,
    'weights/inside.bin': 'from inside',
    'spec.yaml': `ext: ./ext
---
!DockerBuilder
base: host
output: ./image.oci
component: !ext.Model {inside: !file ./a.bin, outside: !file ./b.bin}
`,
  })
  symlinkSync('weights/inside.bin', join(project, 'a.bin'))
  symlinkSync(outside, join(project, 'b.bin'))
  const args = ['build', join(project, 'spec.yaml')]
  const built = await flambe(args)
  expect(built, built.stderr).toMatchObject({ status: 0 })
  const { directory } = unpackLayout(join(project, 'image.oci'))
  const contentOf = (name: string) =>
    globSync(`models/**/${name}`, { cwd: directory }).map((path) => {
      expect(lstatSync(join(directory, path)).isFile()).toBe(true)
      return readFileSync(join(directory, path), 'utf8')
    })
  expect([contentOf('a.bin'), contentOf('b.bin')]).toEqual([['from inside'], ['from outside']])
  rmSync(outside)
  const broken = await flambe(args)
  expect(broken.stderr).toMatch(/b\.bin/)
  expect(broken.status).toBe(22)
})

test.each([
  ['a layout', 'oci:NAME'],
  ['an archive', 'docker-archive:NAME.tar'],
])('a dry run tells the bytes of %s exactly', async (_, output) => {
  const spec = join(exampleCopy('breast-cancer'), 'spec.yaml')
  const place = output.replace('NAME', join(folder(), 'image'))
  const build = async (...flags: string[]) => {
    const args = ['build', '--docker', '--base', 'host', '--output', place, spec, '--json', ...flags]
    return JSON.parse((await flambe(args)).stdout)
  }
  const planned = await build('--dry-run')
  const built = await build()
  expect(planned.bytesSent).toBeGreaterThan(1_000_000)
  expect(planned.bytesSent).toBe(built.bytesSent)
})

test('a dry run sends nothing, and tells what would be sent and which files are others', async () => {
  const project = exampleCopy('breast-cancer')
  const [layout, spec] = [join(folder(), 'image.oci'), join(project, 'spec.yaml')]
  const build = (...flags: string[]) =>
    flambe(['build', '--docker', '--base', 'host', '--output', layout, spec, ...flags])
  const planned = JSON.parse((await build('--dry-run', '--json')).stdout)
  expect(existsSync(layout)).toBe(false)
  const built = JSON.parse((await build('--json')).stdout)
  expect(planned.digest).toBe(built.digest)
  expect(planned.bytesSent).toBe(built.bytesSent)
  const source = join(project, 'ext', 'index.ts')
  writeFileSync(source, readFileSync(source, 'utf8').replace(/\n$/, '\nexport const more = 1\n'))
  const { stdout } = await build('--dry-run')
  expect(stdout).toMatch(/component .* send .* app\/code\/ext\/index\.js changed/)
  expect(stdout).toMatch(/base node .* exists/)
})

describe('the same sources', () => {
  test('carry the commit that they are of, wherever the command is called', async () => {
    const project = exampleCopy('breast-cancer')
    const commit = git(project, {})
    const layout = join(folder(), 'out.oci')
    const args = ['build', '--docker', '--base', 'host', '--output', layout, join(project, 'spec.yaml')]
    await flambe(args, { cwd: folder() })
    const { stdout } = await flambe(['inspect', layout, '--json'])
    const { created, labels } = JSON.parse(stdout).image
    expect(created).toBe('2020-09-13T12:26:40Z')
    expect(labels['org.opencontainers.image.revision']).toBe(commit)
  })

  test('make the same image: elsewhere, by another user, under another umask, in another time zone', async () => {
    const digests = [
      await digestOf(exampleCopy('breast-cancer'), { umask: '022', env: { TZ: 'UTC' } }),
      await digestOf(aged(exampleCopy('breast-cancer')), {
        umask: '077',
        env: { TZ: 'Asia/Kolkata', LANG: 'de_DE.UTF-8', USER: 'other' },
        ...(process.getuid?.() === 0 && { uid: 65_534 }),
      }),
    ]
    expect(digests[0]).toMatch(/^sha256:/)
    expect(digests[1]).toBe(digests[0])
  }, 120_000)
})

type Circumstances = { readonly umask: string; readonly env: Record<string, string>; readonly uid?: number }

/** Builds with a home and, as another user, with a cache of its own. */
async function digestOf(project: string, { umask, env, uid }: Circumstances): Promise<string> {
  const home = folder()
  for (const path of [home, project]) {
    chmodSync(path, 0o755)
    if (uid !== undefined) execFileSync('chown', ['-R', `${uid}`, path])
  }
  const layout = join(home, 'out.oci')
  const args = [
    'build',
    '--docker',
    '--base',
    'host',
    '--output',
    layout,
    '--json',
    join(project, 'spec.yaml'),
  ]
  const child = execFileSync(
    'sh',
    ['-c', `umask ${umask}; exec "$@"`, 'sh', process.execPath, bin, ...args],
    {
      cwd: home,
      env: {
        ...process.env,
        HOME: home,
        FLAMBE_HOME: home,
        ...(uid !== undefined && { FLAMBE_CACHE_DIR: join(home, 'cache') }),
        ...env,
      },
      ...(uid !== undefined && { uid, gid: uid }),
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  return JSON.parse(child.toString()).digest
}

/** Other times and modes, as another tool would unpack it. */
function aged(project: string): string {
  for (const name of readdirSync(project, { recursive: true, encoding: 'utf8' })) {
    chmodSync(join(project, name), statSync(join(project, name)).isDirectory() ? 0o700 : 0o600)
    utimesSync(join(project, name), 1e9, 1e9)
  }
  return project
}

async function ask(url: string, name: string): Promise<void> {
  for (const { input, check } of examples[name]?.() ?? []) {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${url}/predict`, { method: 'POST', headers, body: JSON.stringify(input) })
    check(await response.json())
  }
}

async function builtLayout(name: string): Promise<string> {
  const project = exampleCopy(name)
  if (name === 'digits-onnx') symlinkSync(join(digits, 'node_modules'), join(project, 'node_modules'))
  const layout = join(folder(), 'image.oci')
  const args = ['build', '--docker', '--base', 'host', '--output', layout, join(project, 'spec.yaml')]
  const { status, stdout, stderr } = await flambe(args)
  expect(stderr).not.toContain('error')
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${layout}\n` })
  return layout
}

function read(name: string, file: string) {
  return JSON.parse(readFileSync(new URL(`../../examples/${name}/data/${file}`, import.meta.url), 'utf8'))
}

async function until(holds: () => Promise<boolean>, said: () => string): Promise<void> {
  for (let trial = 0; trial < 300; trial++) {
    if (await holds().catch(() => false)) return
    await sleep(100)
  }
  throw new Error(`it did not come: ${said()}`)
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
