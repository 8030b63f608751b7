/** What the standard variables ask for: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
export type TraceSettings = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly gzip: boolean
  /** Milliseconds that one export may take. */
  readonly timeout: number
  readonly sampler: Sampler
  /** Of the resource, as `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` give it. */
  readonly resource: Readonly<Record<string, string>>
  /** Milliseconds between exports. */
  readonly delay: number
  readonly maxQueue: number
  readonly maxBatch: number
}

export type Sampler = {
  /** True where the caller's decision goes before ours. */
  readonly parentBased: boolean
  /** Share of traces to keep, from 0 to 1. */
  readonly ratio: number
}

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The settings of tracing, or why there is none: nobody asked (`undefined`), or in a way that is not spoken here
 * (a sentence for the log).
 */
export function traceSettings(environment: Environment): TraceSettings | string | undefined {
  const of = (name: string) => environment[`OTEL_${name}`]?.trim() || undefined
  const otlp = (name: string) => of(`EXPORTER_OTLP_TRACES_${name}`) ?? of(`EXPORTER_OTLP_${name}`)
  const exporter = of('TRACES_EXPORTER') ?? (otlp('ENDPOINT') ? 'otlp' : 'none')
  if (of('SDK_DISABLED')?.toLowerCase() === 'true' || exporter === 'none') return undefined
  if (exporter !== 'otlp')
    return `OTEL_TRACES_EXPORTER is ${exporter}; only otlp and none are known: no traces`
  if (otlp('PROTOCOL') === 'grpc')
    return 'OTEL_EXPORTER_OTLP_PROTOCOL is grpc; traces go by HTTP (port 4318 of a collector): no traces'
  const url = endpoint(of)
  if (!URL.canParse(url)) return `the OTLP endpoint ${url} is no URL: no traces`
  const count = (name: string, standard: number) => positive(of(name)) ?? standard
  return {
    url,
    headers: pairs(otlp('HEADERS')),
    gzip: otlp('COMPRESSION') === 'gzip',
    timeout: positive(otlp('TIMEOUT')) ?? 10_000,
    sampler: samplerOf(of('TRACES_SAMPLER'), of('TRACES_SAMPLER_ARG')),
    resource: { ...pairs(of('RESOURCE_ATTRIBUTES')), ...serviceName(of('SERVICE_NAME')) },
    delay: count('BSP_SCHEDULE_DELAY', 5000),
    maxQueue: count('BSP_MAX_QUEUE_SIZE', 2048),
    maxBatch: count('BSP_MAX_EXPORT_BATCH_SIZE', 512),
  }
}

/** https://opentelemetry.io/docs/specs/otel/protocol/exporter/#endpoint-urls-for-otlphttp */
function endpoint(of: (name: string) => string | undefined): string {
  const own = of('EXPORTER_OTLP_TRACES_ENDPOINT')
  if (own) return own
  return `${(of('EXPORTER_OTLP_ENDPOINT') ?? 'http://localhost:4318').replace(/\/+$/, '')}/v1/traces`
}

/** `parentbased_always_on` is the default, also for names that are not known. */
function samplerOf(name = '', argument: string | undefined): Sampler {
  const parentBased = !/^(always_on|always_off|traceidratio)$/.test(name)
  if (name.endsWith('always_off')) return { parentBased, ratio: 0 }
  if (!name.endsWith('traceidratio')) return { parentBased, ratio: 1 }
  const ratio = Number(argument ?? 1)
  return { parentBased, ratio: ratio >= 0 && ratio <= 1 ? ratio : 1 }
}

/** `a=1,b=two%20words`: https://www.w3.org/TR/baggage/#header-content */
function pairs(text = ''): Readonly<Record<string, string>> {
  const entries = text.split(',').flatMap((part) => {
    const [name, ...value] = part.split('=')
    return name?.trim() && value.length > 0 ? [[name.trim(), decoded(value.join('=').trim())]] : []
  })
  return Object.fromEntries(entries)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function serviceName(name: string | undefined): Readonly<Record<string, string>> {
  return name ? { 'service.name': name } : {}
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text)
  return value > 0 ? value : undefined
}
