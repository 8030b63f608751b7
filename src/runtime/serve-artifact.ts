import { join } from 'node:path'
import type { OpenedArtifact, PredictEntry } from '../artifact/index.ts'
import { createBackend } from './backend/index.ts'
import { containerDirectory } from './container.ts'
import { openapi, playground } from './http/describing.ts'
import type { Resource } from './http/message.ts'
import { readPage } from './http/page.ts'
import { type Observe, observeAll } from './observe.ts'
import { describeApi } from './openapi/openapi.ts'
import { type RunningServer, serve } from './serve.ts'
import type { ServeSettings } from './settings.ts'
import type { Log } from './telemetry/json-log.ts'
import { openTelemetry, type Telemetry } from './telemetry/telemetry.ts'

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
  { settings, environment, page, log, observe: also }: ServeArtifactOptions,
): Promise<ArtifactServer> {
  let current = artifact
  const { name } = artifact.manifest
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>()
  const telemetry = await openTelemetry({
    name,
    version: classOf(artifact).version,
    logLevel: settings.logLevel,
    environment,
    ...(log && { log }),
    queued: () => backend.load().waiting,
  })
  let isClosed = false
  const observe = observeAll([
    (event) => {
      if (!isClosed) telemetry.observe(event)
    },
    ...(also ? [also] : []),
    (event) => {
      if (event.type === 'state' && event.state.state === 'failed') fail()
    },
  ])
  const backend = createBackend(sourceOf(artifact), { ...settings, observe })
  const server = await serve({
    settings,
    backend,
    observe,
    resources: {
      '/metrics': metrics(telemetry),
      '/openapi.json': openapi(() => describeApi({ name, ...classOf(current), settings })),
      ...(settings.playground && { '/': playground(await readPage(page ?? standardPage())) }),
    },
    produces: () => producesOf(classOf(current).predict),
    ...(telemetry.tracer && { trace: telemetry.tracer.begin }),
  })
  observe({ type: 'log', level: 'info', message: `${name} is served at ${server.url}` })
  return {
    ...server,
    failed,
    swap: async (next) => {
      await backend.swap(sourceOf(next))
      current = next
    },
    stop: async () => {
      await server.stop()
      isClosed = true
      await telemetry.close()
    },
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
  if (typeof output !== 'object') return ['application/json']
  const { 'x-flambe-type': type, contentMediaType } = output
  const isBytes = type === 'Uint8Array' || type === 'Buffer' || type === 'ArrayBuffer'
  if (!isBytes) return ['application/json']
  return [typeof contentMediaType === 'string' ? contentMediaType : 'application/octet-stream']
}

function metrics({ metrics: { expose } }: Telemetry): Resource {
  const respond = async () => {
    const { contentType, body } = await expose()
    return { status: 200, headers: { 'content-type': contentType }, body }
  }
  return { route: '/metrics', methods: { GET: respond } }
}
