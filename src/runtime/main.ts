// What runs in a container: serves the artifact at FLAMBE_ARTIFACT until it is told to stop.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openArtifact } from '../artifact/index.ts'
import { errorCodes, exitStatus, FlambeError } from '../errors.ts'
import { flagsOf } from './flags.ts'
import { resolveSettings } from './resolve-settings.ts'
import { type ArtifactServer, serveArtifact } from './serve-artifact.ts'

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

function told(error: unknown): string {
  if (!(error instanceof FlambeError))
    return error instanceof Error ? (error.stack ?? error.message) : String(error)
  const { message, hint } = error
  return hint ? `flambe: ${message}\n  ${hint}` : `flambe: ${message}`
}
