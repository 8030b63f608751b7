import type { HttpResponse } from './exchange.ts'
import { type FailureContext, isPage, RegistryError, sentence } from './failure.ts'
import { isRead, type RegistryRequest } from './registry-request.ts'

type Answered = Pick<HttpResponse, 'status' | 'headers'>

/**
 * Whether an answer is one that no registry gives, though it is none of a failure: a captive portal, the login page of a proxy, or any other web server.
 * The type of an answer without content tells nothing: Quay calls that of its uploads HTML.
 */
export function isForeign(request: RegistryRequest, { status, headers }: Answered): boolean {
  if (headers['docker-distribution-api-version'] || headers['docker-content-digest']) return false
  if (isRead(request)) return isRedirect(status) || (status === 200 && isPage(headers))
  if (request.expect.includes(status)) return status === 200 && headers.location === undefined
  return status >= 200 && status < 400
}

/** The error for it; `how`: what it did. */
export function noRegistry(context: FailureContext, how: string): RegistryError {
  const { registry } = context
  return new RegistryError(
    'UNAVAILABLE',
    `${sentence(context)}: what answers at ${registry} is no registry of container images: ${how}`,
    {
      hint: `check its host and port; a proxy, or the login page of the network, may answer in its place: curl -i https://${registry}/v2/ shows who does`,
    },
  )
}

/** What it did, for the sentence. */
export function describeAnswer({ status, headers }: Answered): string {
  const { location } = headers
  if (isRedirect(status)) return `it answered ${status}, and sends us on to ${location ?? 'nowhere'}`
  const type = headers['content-type']?.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 100)
  return `it answered ${status} with ${type ?? 'no type of content'}`
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}
