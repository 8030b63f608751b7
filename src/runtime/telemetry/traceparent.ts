import { randomBytes } from 'node:crypto'

/** Where a request stands in a trace: https://www.w3.org/TR/trace-context/#traceparent-header */
export type TraceContext = {
  /** 32 lower-case hex digits. */
  readonly traceId: string
  /** 16 lower-case hex digits. */
  readonly spanId: string
  readonly sampled: boolean
}

/** Reads a header; what does not keep the rules counts as none, as the specification demands. */
export function parseTraceparent(header: string | undefined): TraceContext | undefined {
  const [, version, traceId, spanId, flags = '', rest = ''] = pattern.exec(header ?? '') ?? []
  if (!version || !traceId || !spanId || version === 'ff') return undefined
  // Version 00 has four fields; a later one may have more.
  if (version === '00' && rest !== '') return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`
}

/** `bytes` random ones as hex: 16 for a trace, 8 for a span. */
export function randomId(bytes: number): string {
  return randomBytes(bytes).toString('hex')
}
