import type { IncomingMessage, ServerResponse } from 'node:http'
import { answer, type Fault, failure, type Seen, takeFault } from './fault.ts'
import { digestOf } from './images.ts'
import { type Call, MemoryUploads, readBody } from './memory-uploads.ts'
import type { Personality } from './personalities.ts'
import { createTokens } from './tokens.ts'

export type Repository = {
  readonly blobs: Set<string>
  readonly manifests: Set<string>
  readonly tags: Map<string, string>
}

/** A registry in memory with a personality and faults: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export class MemoryRegistry {
  readonly user = { username: 'me', password: 'canary-pässword-1' }
  readonly requests: Seen[] = []
  readonly faults: Fault[] = []
  /** Manifests that came before what they name. */
  readonly violations: string[] = []
  readonly blobs = new Map<string, Buffer>()
  readonly tokens: ReturnType<typeof createTokens>
  readonly personality: Partial<Personality>
  readonly #types = new Map<string, string>()
  readonly #repositories = new Map<string, Repository>()
  readonly #uploads: MemoryUploads
  #origin = ''
  #storage = ''

  constructor(personality: Partial<Personality> = {}) {
    this.personality = personality
    this.tokens = createTokens(personality, this.user)
    this.#uploads = new MemoryUploads(this)
  }

  /** Where it is to be found, for the URLs that it gives out. */
  at(origin: string, storage = origin): void {
    this.#origin = origin
    this.#storage = storage
  }

  get origin(): string {
    return this.#origin
  }

  repository(name: string): Repository {
    const found = this.#repositories.get(name) ?? { blobs: new Set(), manifests: new Set(), tags: new Map() }
    this.#repositories.set(name, found)
    return found
  }

  hasBlob(name: string, digest: string): boolean {
    return this.#repositories.get(name)?.blobs.has(digest) ?? false
  }

  /** Has a manifest, whatever it is. */
  store(name: string, reference: string, { bytes, type }: { bytes: Buffer; type: string }): void {
    const digest = digestOf(bytes)
    this.blobs.set(digest, bytes)
    this.#types.set(digest, type)
    this.repository(name).manifests.add(digest)
    if (!reference.startsWith('sha256:')) this.repository(name).tags.set(reference, digest)
  }

  get sentBytes(): number {
    return this.requests.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** `METHOD path status` of each request; digests and ids shortened. */
  get log(): string[] {
    return this.requests.map(
      ({ method, path, status }) =>
        `${method} ${path.replace(/([0-9a-f]{8})[0-9a-f-]{20,}/, '$1')} ${status}`,
    )
  }

  readonly listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', this.#origin || `http://${request.headers.host}`)
    const { method = 'GET', headers } = request
    const seen: Seen = { method, path: url.pathname, query: url.searchParams, headers, bytes: 0, status: 0 }
    this.requests.push(seen)
    response.on('close', () => {
      seen.status = response.statusCode
    })
    const fault = takeFault(this.faults, seen)
    fault?.happens?.()
    if (fault?.delay) await new Promise((free) => setTimeout(free, fault.delay))
    if (fault?.status) {
      const body = typeof fault.body === 'function' ? fault.body(seen) : (fault.body ?? 'a fault')
      return answer(response, fault.status, { headers: fault.headers ?? {}, body })
    }
    if (fault?.statusAfter) forceStatus(response, fault.statusAfter)
    await this.#handle({ request, response, url, seen, fault }).catch(() => request.socket.destroy())
  }

  async #handle(call: Call): Promise<void> {
    const { request, response, url, seen } = call
    if (url.pathname === '/token') {
      const body = (await readBody(call)).toString()
      return this.tokens.serve(response, {
        method: seen.method,
        query: url.searchParams,
        headers: request.headers,
        body,
      })
    }
    if (url.pathname.startsWith('/storage/')) return this.#storageBlob(call)
    const parts = /^\/v2\/(.+?)\/(blobs|manifests|tags)\/(.*)$/.exec(url.pathname)
    const [, name = '', kind, rest = ''] = parts ?? []
    if (!kind) return answer(response, 404)
    if (this.#refuse(call, name)) return
    if (kind === 'tags') return this.#tags(call, name)
    if (kind === 'manifests') return await this.#manifest(call, name, rest)
    if (rest.startsWith('uploads/'))
      return await this.#uploads.handle(call, name, rest.slice('uploads/'.length))
    this.#blob(call, name, rest)
  }

  /** Answers what may not go on: not logged in, too large, not there. */
  #refuse({ request, response, seen }: Call, name: string): boolean {
    const { longestBody, repositories, isPushOnly } = this.personality
    const isWrite = !['GET', 'HEAD'].includes(seen.method)
    const { authorization } = request.headers
    const challenge = this.tokens.check(authorization, { repository: name, isWrite, origin: this.#origin })
    if (challenge) {
      const body = failure('UNAUTHORIZED', `you said ${authorization}`)
      answer(response, 401, { headers: { 'www-authenticate': challenge }, body })
    } else if (isPushOnly && !isWrite) {
      answer(response, 403, { body: failure('DENIED', 'not authorized to perform: pull') })
    } else if (longestBody && Number(request.headers['content-length'] ?? 0) > longestBody) {
      answer(response, 413, { body: '<html>413 Request Entity Too Large</html>' })
    } else if (repositories && !repositories.includes(name)) {
      answer(response, 404, { body: failure('NAME_UNKNOWN', 'no such repository') })
    } else return false
    return true
  }

  #blob(call: Call, name: string, digest: string): void {
    const { response, seen } = call
    const bytes = this.hasBlob(name, digest) ? this.blobs.get(digest) : undefined
    if (!bytes) {
      answer(response, this.personality.hides ? 403 : 404, { body: failure('BLOB_UNKNOWN', 'blob unknown') })
    } else if (this.personality.hasStorage && seen.method === 'GET') {
      answer(response, 307, { headers: { location: `${this.#storage}/storage/${digest}?signature=x` } })
    } else sendBytes(call, bytes)
  }

  #storageBlob(call: Call): void {
    const { request, response, url } = call
    if (request.headers.authorization) answer(response, 400, { body: 'only one auth mechanism allowed' })
    else sendBytes(call, this.blobs.get(url.pathname.slice('/storage/'.length)) ?? Buffer.alloc(0))
  }

  #tags({ response, url }: Call, name: string): void {
    const last = url.searchParams.get('last') ?? ''
    const tags = [...this.repository(name).tags.keys()].sort().filter((tag) => tag > last)
    const page = tags.slice(0, this.personality.tagsOfPage)
    const headers = {
      'content-type': 'application/json',
      ...(page.length < tags.length && { link: `</v2/${name}/tags/list?last=${page.at(-1)}>; rel="next"` }),
    }
    answer(response, 200, { headers, body: JSON.stringify({ name, tags: page }) })
  }

  async #manifest(call: Call, name: string, reference: string): Promise<void> {
    const { response, seen, fault } = call
    if (seen.method === 'PUT') return await this.#putManifest(call, name, reference)
    const { tags, manifests } = this.repository(name)
    const digest = tags.get(reference) ?? (manifests.has(reference) ? reference : '')
    const bytes = this.blobs.get(digest)
    if (!bytes) {
      const body = failure('MANIFEST_UNKNOWN', 'manifest unknown')
      return answer(response, this.personality.hides ? 403 : 404, { body })
    }
    response.writeHead(200, {
      'content-type': this.#types.get(digest) ?? '',
      'content-length': bytes.length,
      ...(!this.personality.isSilent && { 'docker-content-digest': digest }),
    })
    if (seen.method === 'HEAD') response.end()
    else response.end(fault?.alters ? altered(bytes) : bytes)
  }

  async #putManifest(call: Call, name: string, reference: string): Promise<void> {
    const { request, response } = call
    const { blobs, manifests } = this.repository(name)
    const bytes = await readBody(call)
    const digest = digestOf(bytes)
    const missing = namedBy(bytes).filter((one) => !blobs.has(one) && !manifests.has(one))
    if (missing.length > 0) {
      this.violations.push(`${reference} names ${missing}`)
      if (!this.personality.isCareless) {
        return answer(response, 404, { body: failure('MANIFEST_BLOB_UNKNOWN', missing.join()) })
      }
    }
    this.store(name, reference, { bytes, type: request.headers['content-type'] ?? '' })
    answer(response, 201, { headers: this.personality.isSilent ? {} : { 'docker-content-digest': digest } })
  }
}

function sendBytes({ request, response, fault }: Call, stored: Buffer): void {
  const bytes = fault?.alters ? altered(stored) : stored
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const part = bytes.subarray(start)
  response.writeHead(start > 0 ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'content-length': part.length,
    ...(start > 0 && { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` }),
  })
  if (request.method === 'HEAD') response.end()
  else if (fault?.resetAfter === undefined) response.end(part)
  else response.write(part.subarray(0, fault.resetAfter), () => request.socket.destroy())
}

function namedBy(bytes: Buffer): string[] {
  const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString())
  return [...(config ? [config] : []), ...layers, ...manifests].map(
    ({ digest }: { digest: string }) => digest,
  )
}

function altered(bytes: Buffer): Buffer {
  return Buffer.from(bytes).fill(32, 0, 10)
}

function forceStatus(response: ServerResponse, status: number): void {
  const { writeHead } = response
  response.writeHead = (_: number, ...rest: never[]) => writeHead.call(response, status, ...rest)
}
