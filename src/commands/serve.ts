import { once } from 'node:events'
import { Args, Flags } from '@oclif/core'
import {
  FlambeCommand,
  formatDuration,
  formatRecord,
  type Session,
  specFlags,
  specOptions,
} from '../cli/index.ts'
import { FlambeError } from '../errors.ts'
import {
  type ArtifactServer,
  flagOf,
  recordLog,
  resolveSettings,
  type Setting,
  settings,
} from '../runtime/index.ts'

const rows = Object.entries<Setting>(settings).filter(([, { secret }]) => !secret)

export default class Serve extends FlambeCommand {
  /** It has a URL to say, and then goes on. */
  static override enableJsonFlag = false
  static override summary = 'Serve a component over HTTP, as its image would.'
  static override description =
    'Prints the URL once it listens. Settings come from flags, the environment (FLAMBE_…), the "serve" section of the ' +
    'spec, or their defaults, in this order; docs/08-serving.md lists them.'
  static override examples = [
    '<%= config.bin %> serve spec.yaml --watch',
    '<%= config.bin %> serve s3://my-bucket/engine --port 9000 --workers 2',
  ]
  static override args = {
    target: Args.string({ description: 'spec (.yaml), artifact folder, .tar.gz or URL', required: true }),
  }
  static override flags = {
    ...specFlags,
    watch: Flags.boolean({ char: 'w', description: 'build again when the spec or its code changes' }),
    ...Object.fromEntries(rows.map(([name, setting]) => [flagOf(name), flagFor(setting)])),
  }

  /** It stops by its own time limits. */
  protected override readonly patience = Number.POSITIVE_INFINITY

  async run(): Promise<void> {
    const { args, flags, session } = await this.open(Serve)
    const { serveComponent } = await import('../builders/index.ts')
    const given = Object.fromEntries(rows.map(([name]) => [name, Reflect.get(flags, flagOf(name))]))
    const { env: environment } = process
    // Checked before anything is built; the spec's own part is known only then.
    const { logLevel } = resolveSettings({ flags: given, environment })
    const server = await serveComponent(args.target, {
      ...specOptions(flags, session),
      flags: given,
      environment,
      log: recordLog((record) => this.tell(formatRecord(record, session)), { level: logLevel }),
      ...(flags.watch && { watch: this.#watch(session) }),
    })
    this.output(server.url)
    await stopped(server, { isWatching: flags.watch, signal: session.signal })
  }

  #watch({ signal, style }: Session) {
    return {
      onSwapped: (milliseconds: number) =>
        this.tell(`${style.green('✓')} built again and swapped in ${formatDuration(milliseconds)}`),
      onFailed: (error: unknown) => {
        if (!signal.aborted) void this.report(error)
      },
    }
  }
}

/** Resolves when the server was told to stop, and has. One whose component cannot be brought up ends, unless an edit may help. */
async function stopped(
  server: ArtifactServer,
  { isWatching, signal }: { readonly isWatching: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const aborted = signal.aborted ? Promise.resolve() : once(signal, 'abort')
  const failed = server.failed.then(() => 'failed')
  const end = await Promise.race(isWatching ? [aborted] : [aborted, failed])
  const { reason = 'it could not be brought up' } = server.state()
  await server.stop()
  if (end === 'failed') throw new FlambeError('COMPONENT_FAILED', reason)
}

function flagFor({ kind, description, default: standard }: Setting) {
  const text = description.charAt(0).toLowerCase() + description.slice(1).replace(/\.$/, '')
  const shared = { description: standard ? `${text} (default: ${standard})` : text, helpGroup: 'SERVER' }
  return typeof kind.schema === 'object' && kind.schema['type'] === 'boolean'
    ? Flags.boolean({ ...shared, allowNo: true })
    : Flags.string({ ...shared, helpValue: 'VALUE' })
}
