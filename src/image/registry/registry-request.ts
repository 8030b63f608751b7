import type { Body, HttpRequest } from './exchange.ts'

export type RegistryRequest = {
  readonly method: HttpRequest['method']
  readonly repository: string
  /** Under `/v2/REPOSITORY/`, or a URL that the registry gave. */
  readonly target: string | URL
  /** For people, a gerund phrase: `uploading layer sha256:…`. */
  readonly step: string
  /** Statuses that are no failure. */
  readonly expect: readonly number[]
  readonly headers?: { readonly [name: string]: string }
  readonly body?: Body
  /** Times that it is tried in all when failures are temporary. */
  readonly attempts?: number
  readonly signal?: AbortSignal | undefined
}

/** A proxy that ends TLS often leaves the registry behind it to give `http` URLs of its own host. */
export function urlOf({ target, repository }: RegistryRequest, root: URL): URL {
  if (typeof target === 'string') return new URL(`/v2/${repository}/${target}`, root)
  const url = new URL(target)
  if (url.hostname === root.hostname && root.protocol === 'https:' && url.protocol === 'http:') {
    url.protocol = 'https:'
  }
  return url
}

/** Whether it needs no more than `pull`. */
export function isRead({ method }: RegistryRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}
