// What an image's HEALTHCHECK runs: exits 0 where /readyz of the server beside it says 200.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Json } from '../construct/index.ts'
import { nodeHttp } from '../files/index.ts'
import { flagsOf } from './flags.ts'
import { resolveSettings } from './resolve-settings.ts'

const { env } = process
const manifest = JSON.parse(readFileSync(join(env['FLAMBE_ARTIFACT'] ?? '/app', 'flambe.json'), 'utf8')) as {
  readonly serve?: Readonly<Record<string, Json>>
}
const { host, port } = resolveSettings({
  flags: flagsOf(serverArguments()),
  environment: env,
  spec: manifest.serve,
})
// One that listens at every address does so at this one.
const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
const where = { host: address, port, path: '/readyz', timeout: 2000 }
const asked = nodeHttp().request(where, (answer) => {
  process.exit(answer.statusCode === 200 ? 0 : 1)
})
asked.on('error', () => process.exit(1))
asked.on('timeout', () => process.exit(1))
asked.end()

/**
 * What the server beside it was started with, for a port may be among its arguments: a container's process 1 is the server, or
 * an init that was told to start it. https://man7.org/linux/man-pages/man5/proc_pid_cmdline.5.html
 */
function serverArguments(): readonly string[] {
  const args = commandLine(1).split('\0').slice(0, -1)
  const place = args.indexOf(join(import.meta.dirname, 'main.js'))
  return place === -1 ? [] : args.slice(place + 1)
}

/** Nothing where processes are hidden: then the environment and the manifest have to do. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
