import { boolean, choice, duration, integer, type Kind, list, size, text } from './setting-kinds.ts'

/** How a server runs. Durations are milliseconds, sizes are bytes. */
export type ServeSettings = {
  readonly port: number
  readonly host: string
  /** Worker threads; 0 computes in the thread that serves. */
  readonly workers: number
  /** Limit of one worker's heap; Node's own without one. */
  readonly workerMemory?: number
  readonly timeout: number
  readonly maxBatchSize: number
  readonly maxBatchWait: number
  readonly queueSize: number
  readonly bodyLimit: number
  readonly headersTimeout: number
  readonly bodyTimeout: number
  readonly keepAliveTimeout: number
  readonly maxConnections: number
  readonly playground: boolean
  readonly strictOutput: boolean
  readonly token?: string
  readonly corsOrigins: readonly string[]
  readonly drainDelay: number
  readonly shutdownTimeout: number
  readonly failureGrace: number
  readonly logLevel: LogLevel
}

/** The least first. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const

export type LogLevel = (typeof logLevels)[number]

/** One row of the table. Its flag is the name in kebab-case, `maxBatchSize` -> `--max-batch-size`. */
export type Setting<T = unknown> = {
  readonly kind: Kind<T>
  readonly description: string
  /** As it would be written; a setting without one is off. */
  readonly default?: string
  /** Defaults where one of these variables is set: the first counts. */
  readonly defaultWhere?: readonly { readonly variable: string; readonly default: string }[]
  /** Variables that are looked at after the setting's own, `FLAMBE_` and the name: the first that is set counts. */
  readonly variables?: readonly string[]
  /** True for what no spec may hold and no list of processes may show. */
  readonly secret?: true
}

/** All settings of the server: flags, environment, `serve:` section, defaults, bounds and docs come from here. */
export const settings: { readonly [Name in keyof ServeSettings]-?: Setting<ServeSettings[Name]> } = {
  port: {
    kind: integer({ min: 0, max: 65_535 }),
    description: 'Port to listen at; 0 takes a free one.',
    default: '8080',
    variables: ['SAGEMAKER_BIND_TO_PORT', 'AIP_HTTP_PORT', 'PORT'],
  },
  host: {
    kind: text({ pattern: '^\\S+$', accepts: 'an address or a host name' }),
    description: 'Address to listen at. In an image: 0.0.0.0.',
    default: '127.0.0.1',
  },
  workers: {
    kind: integer({ min: 0, max: 256 }),
    description: 'Threads that compute; 0 computes in the serving thread, for components that only wait.',
    default: '1',
  },
  workerMemory: {
    kind: size({ min: '16MiB', max: '1024GiB' }),
    description: "Limit of one worker's JavaScript heap; one that goes over it is replaced.",
  },
  timeout: {
    kind: duration({ min: '1ms', max: '24h' }),
    description: 'Longest a request may take, waiting included; the header X-Request-Timeout may lower it.',
    default: '60s',
  },
  maxBatchSize: {
    kind: integer({ min: 1, max: 100_000 }),
    description: 'Most requests in one call of predictBatch.',
    default: '32',
  },
  maxBatchWait: {
    kind: duration({ min: '0ms', max: '60s' }),
    description: 'Longest a request that found all workers busy waits for others to join its batch.',
    default: '0ms',
  },
  queueSize: {
    kind: integer({ min: 0, max: 1_000_000 }),
    description: 'Most requests that wait for a worker; the next one gets 429.',
    default: '256',
  },
  bodyLimit: {
    kind: size({ min: '1B', max: '2GiB' }),
    description: 'Largest request body, after decompression; a larger one gets 413.',
    default: '16MiB',
  },
  headersTimeout: {
    kind: duration({ min: '10ms', max: '1h' }),
    description: "Longest the headers of a request may take; a slower client's connection is closed.",
    default: '10s',
  },
  bodyTimeout: {
    kind: duration({ min: '10ms', max: '1h' }),
    description:
      'Longest pause in a request body, and in the reading of an answer; then the connection is closed.',
    default: '30s',
  },
  keepAliveTimeout: {
    kind: duration({ min: '1ms', max: '24h' }),
    description: 'How long a connection without a request stays open.',
    default: '75s',
  },
  maxConnections: {
    kind: integer({ min: 1, max: 1_000_000 }),
    description: 'Most open connections; further ones are closed at once.',
    default: '16384',
  },
  playground: {
    kind: boolean(),
    description: 'Serve a page to try the component with at /.',
    default: 'true',
  },
  strictOutput: {
    kind: boolean(),
    description: 'Check answers against the output schema; a misfit is a 500.',
    default: 'false',
  },
  token: {
    kind: text({ pattern: '^[\\x21-\\x7e]{8,}$', accepts: 'eight or more visible ASCII characters' }),
    description: 'Token that requests must bear: Authorization: Bearer …; probes need none.',
    secret: true,
  },
  corsOrigins: {
    kind: list(
      text({
        pattern: '^(\\*|[a-z][a-z0-9+.-]*://[^/\\s]+)$',
        accepts: '* or an origin such as https://example.com',
      }),
    ),
    description: 'Origins whose pages may call the server.',
    default: '',
  },
  drainDelay: {
    kind: duration({ min: '0ms', max: '1h' }),
    description:
      'How long requests are still taken after SIGTERM, with /readyz at 503, until balancers know.',
    default: '0s',
    defaultWhere: [
      { variable: 'K_SERVICE', default: '0s' },
      { variable: 'KUBERNETES_SERVICE_HOST', default: '5s' },
    ],
  },
  shutdownTimeout: {
    kind: duration({ min: '1ms', max: '24h' }),
    description: 'Longest that stopping may take, the drain delay included.',
    default: '25s',
    defaultWhere: [{ variable: 'K_SERVICE', default: '8s' }],
  },
  failureGrace: {
    kind: duration({ min: '0ms', max: '24h' }),
    description: 'How long a server whose component failed to load stays up to say why, before it exits.',
    default: '10s',
  },
  logLevel: {
    kind: choice(logLevels),
    description: 'Least level of the lines in the log.',
    default: 'info',
  },
}
