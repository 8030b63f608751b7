// What runs in a container: serves the artifact at FLAMBE_ARTIFACT until it is told to stop.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openArtifact } from '../artifact/index.ts'
import { errorCodes, exitStatus, FlambeError } from '../errors.ts'
import { flagOf, resolveSettings } from './resolve-settings.ts'
import { type ArtifactServer, serveArtifact } from './serve-artifact.ts'
import { settings as table } from './settings.ts'

const { env } = process
let server: ArtifactServer | undefined
let isStopping = false
// The process may be PID 1, where signals do nothing of themselves. A second one does not wait; one that comes before the
// server finds nothing to stop.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())

try {
  await run()
} catch (error) {
  process.stderr.write(`${told(error)}\n`)
  process.exit(exitStatus(error))
}

async function run(): Promise<void> {
  const artifact = await openArtifact(env['FLAMBE_ARTIFACT'] ?? '/app')
  const settings = resolveSettings({
    flags: flagsOf(process.argv.slice(2)),
    environment: env,
    spec: artifact.manifest.serve,
    // Whoever runs a container says which of its ports can be reached.
    defaults: { host: '0.0.0.0' },
  })
  server = await serveArtifact(artifact, {
    settings,
    environment: env,
    page: join(import.meta.dirname, 'playground.html'),
  })
  await server.failed
  await sleep(settings.failureGrace)
  await stop(errorCodes.COMPONENT_FAILED.exit)
}

async function stop(status = 0): Promise<void> {
  if (isStopping) process.exit(1)
  isStopping = true
  await server?.stop()
  process.exit(status)
}

/** The settings' flags, after `serve` or nothing. */
function flagsOf(args: readonly string[]): Record<string, string> {
  const names = new Map(Object.keys(table).map((name) => [flagOf(name), name]))
  const options = Object.fromEntries([...names.keys()].map((flag) => [flag, { type: 'string' } as const]))
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const [command = 'serve', ...more] = positionals
    if (command !== 'serve' || more.length > 0)
      throw new TypeError(`it does nothing named "${positionals.join(' ')}"`)
    return Object.fromEntries(
      Object.entries(values).map(([flag, value]) => [names.get(flag) ?? flag, String(value)]),
    )
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('USAGE', `this image serves a component: ${reason}`, {
      cause,
      hint: 'give it "serve" and flags such as --workers 2, or nothing',
    })
  }
}

function told(error: unknown): string {
  if (!(error instanceof FlambeError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  const { message, hint } = error
  return hint ? `flambe: ${message}\n  ${hint}` : `flambe: ${message}`
}
