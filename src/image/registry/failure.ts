import type { IncomingHttpHeaders } from 'node:http'
import { type ErrorCode, FlambeError } from '../../errors.ts'
import type { Quirks } from './quirks.ts'

/** What was going on when a request failed, for the sentence that the user gets. */
export type FailureContext = {
  readonly registry: string
  readonly repository: string
  /** A gerund phrase: `uploading layer sha256:…`. */
  readonly step: string
  readonly quirks: Quirks
  /** Whether credentials went along. */
  readonly loggedIn: boolean
  /** Takes secrets out of text that a server sent. */
  readonly redact: (text: string) => string
}

export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

type Details = {
  readonly hint?: string | undefined
  readonly cause?: unknown
  readonly status?: number
  readonly codes?: readonly string[]
  readonly temporary?: boolean
  readonly retryAfter?: number | undefined
}

/** A registry that did not do what was asked of it. Compare `status` and `codes`, never the text. */
export class RegistryError extends FlambeError {
  override readonly name = 'RegistryError'
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined
  /** https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes */
  readonly codes: readonly string[]
  /** Whether the same request may succeed later. */
  readonly temporary: boolean
  /** Milliseconds that the registry asks to wait. */
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, message: string, { status, codes, temporary, retryAfter, ...rest }: Details) {
    super(code, message, { cause: rest.cause, ...(rest.hint && { hint: rest.hint }) })
    this.status = status
    this.codes = codes ?? []
    this.temporary = temporary ?? false
    this.retryAfter = retryAfter
  }
}

/** Longer waits than this (Docker Hub's limits count in hours) are the user's to decide on. */
const longestWait = 120_000

export function answerFailure(answer: Answer, context: FailureContext, now: number): RegistryError {
  const { status } = answer
  const errors = parseErrors(answer.text)
  const codes = errors.map(({ code }) => code)
  const retryAfter = parseRetryAfter(answer.headers['retry-after'], now)
  const patient = retryAfter === undefined || retryAfter <= longestWait
  const said = context.redact(describe(errors)).slice(0, 300)
  return new RegistryError(
    status === 401 || status === 403 ? 'DENIED' : 'UNAVAILABLE',
    `${sentence(context)}: it answered ${status}${said && ` (${said})`}`,
    {
      status,
      codes,
      hint: hintFor(answer, context, retryAfter),
      temporary: patient && ([408, 429].includes(status) || (status >= 500 && status !== 501)),
      retryAfter,
    },
  )
}

/** `UPLOADING x to HOST/REPOSITORY failed`, the start of every message. */
export function sentence({ step, registry, repository }: FailureContext): string {
  return `${step} (registry ${registry}, repository ${repository}) failed`
}

/** A page for people, as no registry sends it of itself. */
export function isPage(headers: IncomingHttpHeaders): boolean {
  const isOwn = headers['docker-distribution-api-version'] !== undefined
  return !isOwn && /^text\/html\b/i.test(headers['content-type'] ?? '')
}

function hintFor(answer: Answer, context: FailureContext, retryAfter: number | undefined): string {
  const { status, headers } = answer
  const { registry, quirks, loggedIn } = context
  if (status === 401 || status === 403) {
    return loggedIn
      ? `check that the account may do this there, and that its password or token is still valid${quirks.missingRepository ? `; ${quirks.missingRepository}` : ''}`
      : `log in with \`docker login ${registry}\`, or set FLAMBE_REGISTRY_USER and FLAMBE_REGISTRY_PASSWORD`
  }
  if (status === 404 && isPage(headers))
    return `check the host and the port: ${registry} answers with a page, as web servers do and registries do not`
  if (status === 404)
    return (
      quirks.missingRepository ??
      'check the name of the repository, and of the tag or digest, and that they are there'
    )
  if (status === 413) return 'the registry, or a proxy before it, takes no body of this size: raise its limit'
  if (status === 429) {
    const wait = retryAfter === undefined ? 'later' : `in ${Math.ceil(retryAfter / 1000)} s`
    return `the registry limits requests: try again ${wait}${loggedIn ? '' : ', or log in for a higher limit'}`
  }
  if (status >= 500) return 'the registry has a fault of its own: try again later, or look at its log'
  return 'check that a registry of container images answers there, and that it takes images in the format of OCI'
}

type ServerError = { readonly code: string; readonly message: string }

/** Tolerates any body: proxies answer in HTML. */
function parseErrors(text: string): ServerError[] {
  try {
    const { errors } = JSON.parse(text) as { errors?: unknown }
    if (!Array.isArray(errors)) return []
    return errors.map((one: { code?: unknown; message?: unknown } | null) => ({
      code: typeof one?.code === 'string' ? one.code : '',
      message: typeof one?.message === 'string' ? one.message : '',
    }))
  } catch {
    return []
  }
}

function describe(errors: readonly ServerError[]): string {
  const text = errors.map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ')
  return text.replace(/[^\x20-\x7e]+/g, ' ')
}

/** Seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3 */
function parseRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined
  if (/^\d+$/.test(value)) return Number(value) * 1000
  const date = Date.parse(value)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
