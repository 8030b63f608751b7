import { join } from 'node:path'
import type { OpenedArtifact, PredictEntry } from '../artifact/index.ts'
import { bytesTypeOf } from '../construct/index.ts'
import { createBackend } from './backend/index.ts'
import { containerDirectory } from './container.ts'
import { openapi, playground } from './http/describing.ts'
import type { Resource } from './http/message.ts'
import { readPage } from './http/page.ts'
import { type Observe, observeAll, type ServeEvent } from './observe.ts'
import { describeApi } from './openapi/openapi.ts'
import { type RunningServer, serve } from './serve.ts'
import type { ServeSettings } from './settings.ts'
import type { Log } from './telemetry/json-log.ts'
import { openTelemetry, type Telemetry } from './telemetry/telemetry.ts'
import { tuneCollector } from './tune-collector.ts'

export type ServeArtifactOptions = {
  readonly settings: ServeSettings
  /** `OTEL_*` are read from it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The page that the build made. */
  readonly page?: string
  /** Where the log goes; JSON lines to stdout by default. */
  readonly log?: Log
  /** Is told what the log is told. */
  readonly observe?: Observe
}

export type ArtifactServer = RunningServer & {
  /** Serves another artifact without dropping a request; the earlier one stays where that fails. */
  readonly swap: (artifact: OpenedArtifact) => Promise<void>
  /** Resolves where the component cannot be brought up. */
  readonly failed: Promise<void>
}

/** Serves the component of an artifact on this machine: what an image does, and `flambe serve`. */
export async function serveArtifact(
  artifact: OpenedArtifact,
  options: ServeArtifactOptions,
): Promise<ArtifactServer> {
  const { settings } = options
  let current = artifact
  let produces = producesOf(classOf(artifact).predict)
  const events = holdEvents()
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>()
  let isDraining = false
  const observe: Observe = (event) => {
    if (event.type === 'state' && event.state.state === 'draining') {
      // The server stops, and then its backend: that is told once.
      if (isDraining) return
      isDraining = true
    }
    events.observe(event)
    if (event.type !== 'state') return
    if (event.state.state === 'failed') fail()
    if (event.state.state === 'ready') tuneCollector()
  }
  // It loads in threads of its own while this one gets ready.
  const backend = createBackend(sourceOf(artifact), { ...settings, observe })
  const telemetry = await openTelemetryOf(artifact, options, () => backend.load().waiting)
  events.release(observeAll([telemetry.observe, ...(options.observe ? [options.observe] : [])]))
  const close = async (milliseconds: number) => {
    events.release(() => {})
    await telemetry.close(milliseconds)
  }
  const server = await serve({
    settings,
    backend,
    observe,
    resources: await resourcesOf(() => current, options, telemetry),
    produces: () => produces,
    ...(telemetry.tracer && { trace: telemetry.tracer.begin }),
  }).catch(async (error) => {
    await Promise.all([backend.close({ signal: AbortSignal.abort() }), close(0)])
    throw error
  })
  observe({ type: 'log', level: 'info', message: `${artifact.manifest.name} is served at ${server.url}` })
  return {
    ...server,
    failed,
    swap: async (next) => {
      await backend.swap(sourceOf(next))
      current = next
      produces = producesOf(classOf(next).predict)
    },
    stop: async () => {
      const over = performance.now() + settings.shutdownTimeout
      await server.stop()
      await close(over - performance.now())
    },
  }
}

/** Keeps events until there is someone to tell them to. */
function holdEvents(): { readonly observe: Observe; readonly release: (to: Observe) => void } {
  const early: ServeEvent[] = []
  let tell: Observe = (event) => void early.push(event)
  return {
    observe: (event) => tell(event),
    release: (to) => {
      tell = to
      for (const event of early.splice(0)) to(event)
    },
  }
}

function openTelemetryOf(
  artifact: OpenedArtifact,
  { settings, environment, log }: ServeArtifactOptions,
  queued: () => number,
): Promise<Telemetry> {
  const { logLevel } = settings
  const { name } = artifact.manifest
  const { version } = classOf(artifact)
  return openTelemetry({ name, version, logLevel, environment, ...(log && { log }), queued })
}

/** What is served beside `/predict` and the probes. */
async function resourcesOf(
  current: () => OpenedArtifact,
  { settings, page = standardPage() }: ServeArtifactOptions,
  telemetry: Telemetry,
): Promise<Readonly<Record<string, Resource>>> {
  const describe = () => describeApi({ name: current().manifest.name, ...classOf(current()), settings })
  return {
    '/metrics': metrics(telemetry),
    '/openapi.json': openapi(describe),
    ...(settings.playground && { '/': playground(await readPage(page)) }),
  }
}

const sourceOf = ({ directory, node }: OpenedArtifact) => ({ directory, node })

/** What is known of the class of the component that is served. */
function classOf({ manifest, node }: OpenedArtifact): {
  readonly version: string
  readonly predict: PredictEntry
} {
  const { version = '0.0.0', predict } = manifest.classes[manifest.nodes[node]?.type ?? ''] ?? {}
  return { version, predict: predict ?? { input: true, output: true } }
}

const standardPage = () => join(containerDirectory(), 'playground.html')

/** Media types of an answer: of bytes, that which the schema names. */
function producesOf({ output }: PredictEntry): readonly string[] {
  if (typeof output !== 'object' || !bytesTypeOf(output, output)) return ['application/json']
  const { contentMediaType } = output
  return [typeof contentMediaType === 'string' ? contentMediaType : 'application/octet-stream']
}

function metrics({ metrics: { expose } }: Telemetry): Resource {
  const respond = async () => {
    const { contentType, body } = await expose()
    return { status: 200, headers: { 'content-type': contentType }, body }
  }
  return { route: '/metrics', methods: { GET: respond } }
}
