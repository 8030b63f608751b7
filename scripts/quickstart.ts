// The main job on real input: an image of the breast-cancer classifier, served, asked three rows; what is in it, and how long it took.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'

type Row = { readonly features: readonly number[]; readonly POSITIVE: number }
type Served = { readonly url: string; readonly stop: () => Promise<void> | void }

const root = resolve(import.meta.dirname, '..')
const example = join(root, 'examples', 'breast-cancer')
const place = mkdtempSync(join(tmpdir(), 'flambe-quickstart-'))
try {
  await main()
} finally {
  rmSync(place, { recursive: true, force: true })
}

async function main(): Promise<void> {
  const image = flambe(
    'build',
    '--docker',
    '--base',
    'host',
    '--tag',
    'breast-cancer:quickstart',
    join(example, 'spec.yaml'),
  )
  const { url, stop } = existsSync(resolve(place, image)) ? await serveHere() : runImage(image)
  try {
    await untilReady(url)
    const rows: Row[] = JSON.parse(readFileSync(join(example, 'data', 'breast-cancer-samples.json'), 'utf8'))
    for (const row of rows.slice(0, 3)) await ask(url, row)
  } finally {
    await stop()
  }
  console.log(flambe('inspect', image))
  console.log(
    '\nNext: cd examples/breast-cancer && npx flambe serve spec.yaml, and open the page that it names',
  )
}

async function ask(url: string, { features, POSITIVE }: Row): Promise<void> {
  const started = performance.now()
  const body = JSON.stringify({ features })
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  const answer = (await response.json()) as { readonly POSITIVE?: number }
  const right = Math.abs((answer.POSITIVE ?? Number.NaN) - POSITIVE) < 1e-5
  const verdict = right ? 'as expected' : `but POSITIVE ${POSITIVE} was expected`
  console.log(`POST /predict -> ${JSON.stringify(answer)}  ${verdict}   (${time(started)})`)
  if (!right) process.exitCode = 1
}

/** The image in the engine that took it. */
function runImage(image: string): Served {
  const started = performance.now()
  const id = docker(
    'run',
    '--detach',
    '--publish',
    '127.0.0.1::8080',
    '--read-only',
    '--cap-drop',
    'ALL',
    image,
  )
  const url = `http://${docker('port', id, '8080').split('\n')[0]}`
  console.log(`\n$ docker run --read-only --cap-drop ALL -p 8080:8080 ${image}   (${time(started)})`)
  return { url, stop: () => void docker('rm', '--force', id) }
}

/** No engine: the same server, with no image around it. */
async function serveHere(): Promise<Served> {
  const started = performance.now()
  const args = ['serve', join(example, 'spec.yaml'), '--port', '0']
  const server = spawn(process.execPath, [join(root, 'bin', 'run.js'), ...args], {
    cwd: place,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = await once(server.stdout, 'data')
  console.log(`\n$ flambe ${shown(args)}   (${time(started)})`)
  const stop = async () => {
    server.kill('SIGTERM')
    await once(server, 'exit')
  }
  return { url: String(line).trim(), stop }
}

async function untilReady(url: string): Promise<void> {
  const end = performance.now() + 30_000
  while (
    !(await fetch(`${url}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (performance.now() > end) throw new Error(`${url} is not ready after 30 s`)
    await new Promise((wake) => setTimeout(wake, 50))
  }
}

/** Runs one command as a user would, shows it and its time, and gives its stdout. */
function flambe(...args: readonly string[]): string {
  const started = performance.now()
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'bin', 'run.js'), ...args], {
    cwd: place,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  console.log(`\n$ flambe ${shown(args)}   (${time(started)})`)
  if (status !== 0) throw new Error(`flambe ended with status ${status}`)
  return stdout.trim()
}

function docker(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('docker', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`docker ${args[0]}: ${stderr}`)
  return stdout.trim()
}

function shown(args: readonly string[]): string {
  return args.map((arg) => arg.replace(`${root}/`, '')).join(' ')
}

function time(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(2)} s`
}
