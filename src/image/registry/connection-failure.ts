import { getSystemErrorMessage } from 'node:util'
import { type FailureContext, RegistryError, sentence } from './failure.ts'

type Kind = {
  readonly codes: RegExp
  readonly temporary: boolean
  readonly says: string
  readonly hint: string
}

/** What the codes of Node's sockets, DNS and TLS mean to the user. First match wins. */
const kinds: readonly Kind[] = [
  {
    codes: /^ENOTFOUND$/,
    temporary: false,
    says: 'the host name is not known',
    hint: 'check the name of the registry, and the network',
  },
  {
    codes: /^ECONNREFUSED$/,
    temporary: true,
    says: 'the connection was refused',
    hint: 'check that the registry is running and listens on this port',
  },
  {
    codes: /^(CERT_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT|HOSTNAME_MISMATCH)/,
    temporary: false,
    says: 'its certificate is not trusted',
    hint: 'give the certificate of its authority as the CA file, or --insecure to accept any',
  },
  {
    codes: /^(EPROTO|ERR_SSL_|HPE_)/,
    temporary: false,
    says: 'it does not speak the expected protocol',
    hint: 'it may speak plain http: --insecure allows that',
  },
  {
    codes: /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENETDOWN)$/,
    temporary: true,
    says: 'it cannot be reached',
    hint: 'check the network, and HTTPS_PROXY if you need a proxy',
  },
  {
    codes: /^ERR_STREAM_TOO_LONG$/,
    temporary: false,
    says: 'its answer is endless',
    hint: 'check that a registry of container images answers there',
  },
  {
    codes: /^(ECONNRESET|ECONNABORTED|EPIPE|ERR_STREAM_)/,
    temporary: true,
    says: 'the connection broke',
    hint: 'try again: what the registry already has is not sent twice',
  },
]

/** The failure of an exchange that got no answer. Anything that is not a socket's, DNS's or TLS's error is returned as it is. */
export function connectionFailure(error: unknown, context: FailureContext): unknown {
  const code = errorCode(error)
  const kind = kinds.find(({ codes }) => codes.test(code))
  if (!kind || error instanceof RegistryError) return error
  return new RegistryError('UNAVAILABLE', `${sentence(context)}: ${kind.says} (${code})`, {
    hint: kind.hint,
    temporary: kind.temporary,
    cause: plain(error, code),
  })
}

/** Whether the other end may speak http where we spoke https, or the other way round. */
export function isOtherProtocol(error: unknown): boolean {
  return /^(EPROTO|ERR_SSL_|HPE_|ECONNREFUSED|ECONNRESET)/.test(errorCode(error))
}

/** Node hides the reason in the first of several attempts (IPv6, IPv4) when all fail. */
export function errorCode(error: unknown): string {
  if (error instanceof AggregateError && !('code' in error && error.code)) return errorCode(error.errors[0])
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** The cause without what Node hangs on it: a request's headers hold credentials. */
function plain(error: unknown, code: string): Error {
  const errno =
    error instanceof Error && 'errno' in error && typeof error.errno === 'number' ? error.errno : 0
  return new Error(errno < 0 ? `${code}: ${getSystemErrorMessage(errno)}` : code)
}
