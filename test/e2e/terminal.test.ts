import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { writeLayout } from '../../src/image/index.ts'
import { folder } from '../helpers/folder.ts'
import { imageOf, randomLayer } from '../helpers/registry/images.ts'
import { listen, serveRegistry } from '../helpers/registry/serve.ts'

const bin = new URL('../../bin/run.js', import.meta.url).pathname
const hasTerminal = spawnSync('script', ['--version']).status === 0
if (!hasTerminal)
  process.stderr.write('left out: progress on a terminal (there is no `script` of util-linux)\n')

/** The command on a terminal of its own; what is written to `stdin` are keys. */
function onTerminal(args: readonly string[], env: Readonly<Record<string, string>>) {
  const command = ['stty cols 100 rows 30;', 'exec', process.execPath, bin, ...args].join(' ')
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', command, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm-256color', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let screen = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += text
  })
  return {
    press: (key: string) => child.stdin.write(key),
    ended: once(child, 'close').then(([status]) => ({
      status,
      screen,
      text: stripVTControlCharacters(screen),
    })),
  }
}

const cursor = { hide: '\u001B[?25l', show: '\u001B[?25h' }

/** Every time that the cursor was hidden it came back. */
function expectClean(screen: string): void {
  expect(screen.lastIndexOf(cursor.show)).toBeGreaterThanOrEqual(screen.lastIndexOf(cursor.hide))
  expect(stripVTControlCharacters(screen).endsWith('\n')).toBe(true)
}

const env = () => ({ FLAMBE_CACHE_DIR: folder() })

async function layoutOf(bytes: number): Promise<string> {
  const layout = join(folder(), 'image.oci')
  await writeLayout(imageOf([randomLayer(bytes, { title: 'assets' })]), layout)
  return layout
}

test.runIf(hasTerminal)('a push draws each layer with its bytes, below the push that it is of', async () => {
  const { host, close } = await serveRegistry()
  onTestFinished(close)
  const { status, screen, text } = await onTerminal(
    ['push', await layoutOf(2 ** 21), `${host}/me/app:v1`],
    env(),
  ).ended
  expect(status, text).toBe(0)
  expect(text).toMatch(/✓ push .*me\/app:v1.*\r?\n {2}✓ .*2\.1 MB/)
  expect(text).toMatch(/2\.1 MB sent\r?\n.*@sha256:/)
  expectClean(screen)
})

test.runIf(hasTerminal)('Ctrl-C in the middle of a blob ends with 130, and no tag has moved', async () => {
  const seen: string[] = []
  let pressed = 0
  // Takes no blob: the first one that comes presses Ctrl-C.
  const { host, close } = await listen((request: IncomingMessage, response: ServerResponse) => {
    seen.push(`${request.method} ${request.url}`)
    if (request.method === 'HEAD') response.writeHead(404).end()
    else if (request.method === 'POST')
      response.writeHead(202, { location: '/v2/me/app/blobs/uploads/1' }).end()
    else if (pressed++ === 0) push.press('\u0003')
  })
  onTestFinished(close)
  const push = onTerminal(['push', await layoutOf(2 ** 23), `${host}/me/app:v1`], env())
  const { status, screen, text } = await push.ended
  expect(status, text).toBe(130)
  expect(text).toMatch(/error INTERRUPTED[^\n]*\n *hint[^\n]*\n$/)
  expect(seen.filter((line) => line.includes('manifests') && !line.startsWith('HEAD'))).toEqual([])
  expectClean(screen)
})

test.runIf(hasTerminal)('Ctrl-C in the middle of a build leaves no half of an image', async () => {
  const directory = folder({
    'spec.yaml':
      'ext: ./index.js\n---\n!DockerBuilder\nname: it\nbase: host\noutput: ./it.oci\ncomponent: !ext.Engine\n',
    'index.js': `import { Component } from 'flambe'
export class Engine extends Component {
  constructor() { super(); console.log('constructed'); process.kill(process.pid, 'SIGINT') }
  predict(x) { return x }
}`,
  })
  const { status, screen, text } = await onTerminal(['build', join(directory, 'spec.yaml')], env()).ended
  expect(status, text).toBe(130)
  expectClean(screen)
  expect(readdirSync(directory).sort()).toEqual(['index.js', 'spec.yaml'])
})
