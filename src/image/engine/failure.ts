import { FlambeError } from '../../errors.ts'
import { codeOf } from '../../files/index.ts'

/** What failed, for the sentence that the user gets. */
export type Deed = {
  /** A gerund phrase: `loading demo:latest`. */
  readonly what: string
  /** Address of the engine. */
  readonly address: string
}

/** A failure of the engine, or of the way to it, as ours. */
export function engineFailure(error: unknown, { what, address }: Deed): Error {
  if (error instanceof FlambeError || error instanceof TypeError) return error
  const code = codeOf(error) ?? ''
  const known = kinds.find(({ codes }) => codes.includes(code))
  if (known)
    return new FlambeError(known.as, `${what}: ${known.says(address)}`, { hint: known.hint, cause: error })
  const words = wordsOfSsh(error)
  if (words !== undefined) {
    return new FlambeError('UNAVAILABLE', `${what}: ssh did not reach ${address}: ${words}`, {
      hint: 'try `ssh HOST docker version`: it must work without a password',
    })
  }
  if (!isAnswer(error)) return error instanceof Error ? error : new Error(String(error))
  return refusal(said(error), { what, address, cause: error })
}

/** An engine that answered, and would not. */
export class EngineRefusal extends FlambeError {
  override readonly name = 'EngineRefusal'
}

/** What the engine says it could not do: in an answer's status, or in the stream of an answer that began well. */
export function refusal(
  message: string,
  { what, address, cause }: Deed & { readonly cause?: unknown },
): FlambeError {
  // The engine passes on the system's sentence for ENOSPC, and no code.
  if (/no space left on device|disk quota exceeded/i.test(message)) {
    return new FlambeError('DISK_FULL', `${what}: no space is left where the engine keeps its images`, {
      hint: 'free some with `docker system prune`, or give the engine a larger disk',
      cause,
    })
  }
  return new EngineRefusal('UNAVAILABLE', `${what}: the engine says "${message.trim()}"`, {
    hint: `the engine at ${address} may tell more in its log`,
    cause,
  })
}

type Kind = {
  readonly codes: readonly string[]
  readonly as: 'UNAVAILABLE' | 'DENIED'
  readonly says: (address: string) => string
  readonly hint: string
}

const kinds: readonly Kind[] = [
  {
    codes: ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK'],
    as: 'UNAVAILABLE',
    says: (address) => `no engine answers at ${address}`,
    hint: 'start Docker or Podman, or name an engine with DOCKER_HOST',
  },
  {
    codes: ['EACCES', 'EPERM'],
    as: 'DENIED',
    says: (address) => `this user may not use the engine at ${address}`,
    hint: 'add yourself to the docker group (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine',
  },
  {
    codes: ['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE'],
    as: 'UNAVAILABLE',
    says: (address) => `the engine at ${address} broke off`,
    hint: 'it may have been stopped: look at its log, and try again',
  },
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ABORT_ERR'],
    as: 'UNAVAILABLE',
    says: (address) => `the engine at ${address} cannot be reached`,
    hint: 'check the host and the network',
  },
  {
    codes: [
      'EPROTO',
      'HPE_INVALID_CONSTANT',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'CERT_HAS_EXPIRED',
    ],
    as: 'UNAVAILABLE',
    says: (address) => `the engine at ${address} does not prove who it is, or speaks another protocol`,
    hint: 'set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH as for the docker command',
  },
]

/** What ssh, or docker on the other machine, said before it ended. */
function wordsOfSsh(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('stderr' in error) || typeof error.stderr !== 'string') return undefined
  return error.stderr.trim().split('\n').at(-1) || 'it ended'
}

type AnswerError = Error & { readonly statusCode: number; readonly json?: unknown }

/** The status of an answer that is an error, if `error` is one. */
export function statusOf(error: unknown): number | undefined {
  return isAnswer(error) ? error.statusCode : undefined
}

function isAnswer(error: unknown): error is AnswerError {
  return error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number'
}

/** The engine's own sentence, without what the client puts around it. */
function said({ message, json }: AnswerError): string {
  if (typeof json === 'object' && json !== null && 'message' in json) return String(json.message)
  return message.replace(/^\(HTTP code \d+\) .*? - /, '')
}
