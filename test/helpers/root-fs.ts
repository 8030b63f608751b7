import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { onTestFinished } from 'vitest'
import { folder } from './folder.ts'

export type ImageConfig = {
  readonly User: string
  readonly Env: readonly string[]
  readonly Entrypoint: readonly string[]
  readonly ExposedPorts: Readonly<Record<string, object>>
  readonly WorkingDir: string
  readonly Labels: Readonly<Record<string, string>>
  readonly Healthcheck: { readonly Test: readonly string[] }
}

export type RootFs = { readonly directory: string; readonly config: ImageConfig }

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'))
const blob = (layout: string, digest: string) => join(layout, 'blobs', digest.replace(':', '/'))

/** The root file system of the only image of a layout, its layers unpacked by tar. */
export function unpackLayout(layout: string): RootFs {
  const { manifests } = json(layout, 'index.json')
  const { layers, config } = json(blob(layout, manifests[0].digest))
  const directory = join(folder(), 'root')
  mkdirSync(directory)
  for (const { digest, mediaType } of layers) {
    const bytes = readFileSync(blob(layout, digest))
    const input = mediaType.endsWith('gzip') ? gunzipSync(bytes) : bytes
    execFileSync('tar', ['-x', '--same-owner', '-C', directory], { input })
  }
  return { directory, config: json(blob(layout, config.digest)).config }
}

/** Whether a root file system can be entered here: as root. One line says what is left out. */
export function canEnter(what: string): boolean {
  if (process.getuid?.() === 0) return true
  process.stderr.write(`left out: ${what} (only root can enter another root file system)\n`)
  return false
}

export type Entered = {
  readonly output: { stderr: string }
  readonly stop: () => Promise<number | null>
}

/** Runs the entry point as the image's user with the image's root, and nothing else of this machine's files. */
export function enter({ directory, config }: RootFs, env: Readonly<Record<string, string>>): Entered {
  const own = Object.fromEntries(
    config.Env.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  const args = ['--userspec', config.User, directory, ...config.Entrypoint]
  const child = spawn('/usr/sbin/chroot', args, {
    env: { ...own, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stderr: '' }
  child.stdout.resume()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  const exited = once(child, 'close').then(([status]) => status as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return {
    output,
    stop: () => {
      child.kill('SIGTERM')
      return exited
    },
  }
}
