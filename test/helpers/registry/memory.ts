import { createHash, randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { digestOf } from './images.ts'
import type { Personality } from './personalities.ts'
import { createTokens } from './tokens.ts'

/** One request as the registry saw it. */
export type Seen = {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Bytes of the body that arrived. */
  bytes: number
  status: number
}

/** What goes wrong, once for each entry that fits a request. */
export type Fault = {
  readonly method: string
  readonly path: RegExp
  /** Answers this instead of doing what was asked. */
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string
  /** Breaks the connection after that many bytes of the request's, or of the answer's, body. */
  readonly resetAfter?: number
  /** Changes the bytes of an answer. */
  readonly alters?: boolean
  /** Does what was asked, and then answers this status. */
  readonly statusAfter?: number
  /** Milliseconds before it is looked at. */
  readonly delay?: number
  /** Times; 1 if left out. */
  times?: number
}

export type MemoryRegistry = ReturnType<typeof createMemoryRegistry>

type Repository = { readonly blobs: Set<string>; readonly manifests: Map<string, string>; readonly tags: Map<string, string> }
type Upload = { readonly chunks: Buffer[]; size: number; firstChunk?: number }

const user = { username: 'me', password: 'canary-pässword-1' }

/** A registry in memory with a personality and faults: https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md */
export function createMemoryRegistry(personality: Partial<Personality> = {}) {
  const blobs = new Map<string, Buffer>()
  const types = new Map<string, string>()
  const repositories = new Map<string, Repository>()
  const uploads = new Map<string, Upload>()
  const requests: Seen[] = []
  const faults: Fault[] = []
  const violations: string[] = []
  const tokens = createTokens(personality, user)
  let storageOrigin = ''
  let origin = ''

  const repositoryOf = (name: string): Repository => {
    const found = repositories.get(name) ?? { blobs: new Set(), manifests: new Map(), tags: new Map() }
    repositories.set(name, found)
    return found
  }

  const listener: RequestListener = async (request, response) => {
    const url = new URL(request.url ?? '/', origin || `http://${request.headers.host}`)
    const { method = 'GET', headers } = request
    const seen: Seen = { method, path: url.pathname, query: url.searchParams, headers, bytes: 0, status: 0 }
    requests.push(seen)
    response.on('close', () => {
      seen.status = response.statusCode
    })
    const fault = takeFault(seen)
    try {
      if (fault?.delay) await new Promise((free) => setTimeout(free, fault.delay))
      if (fault?.status) {
        request.resume()
        return answer(response, fault.status, fault.headers, fault.body ?? 'a fault')
      }
      await handle({ request, response: withFault(response, fault), url, seen, fault })
    } catch (error) {
      if (!response.headersSent) answer(response, 500, {}, String(error))
      else response.destroy()
    }
  }

  function takeFault(seen: Seen): Fault | undefined {
    const fault = faults.find((one) => one.method === seen.method && one.path.test(seen.path) && (one.times ?? 1) > 0)
    if (fault) fault.times = (fault.times ?? 1) - 1
    return fault
  }

  type Call = { request: IncomingMessage; response: ServerResponse; url: URL; seen: Seen; fault: Fault | undefined }

  async function handle(call: Call): Promise<void> {
    const { request, response, url, seen } = call
    if (url.pathname.startsWith('/token')) {
      const body = (await read(call)).toString()
      return tokens.serve(response, { method: seen.method, query: url.searchParams, headers: request.headers, body })
    }
    if (url.pathname.startsWith('/storage/')) return storage(call)
    const [, name = '', kind, rest = ''] = /^\/v2\/(.+?)\/(blobs|manifests|tags|referrers)\/(.*)$/.exec(url.pathname) ?? []
    if (!kind) return answer(response, 404, {}, 'no such page')
    const isWrite = !['GET', 'HEAD'].includes(seen.method)
    const challenge = tokens.check(request.headers.authorization, name, isWrite, origin)
    if (challenge) {
      request.resume()
      return answer(response, 401, { 'www-authenticate': challenge }, failure('UNAUTHORIZED', `got ${request.headers.authorization}`))
    }
    const length = Number(request.headers['content-length'] ?? 0)
    if (personality.longestBody && length > personality.longestBody) {
      request.resume()
      return answer(response, 413, {}, '<html>413 Request Entity Too Large</html>')
    }
    if (personality.repositories && !personality.repositories.includes(name)) {
      request.resume()
      return answer(response, 404, {}, failure('NAME_UNKNOWN', 'no such repository'))
    }
    if (kind === 'manifests') return manifests(call, name, rest)
    if (rest.startsWith('uploads/')) return upload(call, name, rest.slice('uploads/'.length))
    return readBlob(call, name, rest)
  }

  function readBlob({ request, response, seen, fault }: Call, name: string, digest: string): void {
    const bytes = repositoryOf(name).blobs.has(digest) ? blobs.get(digest) : undefined
    request.resume()
    if (!bytes) return answer(response, personality.hides ? 403 : 404, {}, failure('BLOB_UNKNOWN', 'blob unknown'))
    if (personality.hasStorage && seen.method === 'GET') {
      return answer(response, 307, { location: `${storageOrigin}/storage/${digest}?signature=x` })
    }
    sendBytes({ request, response, fault }, bytes)
  }

  function storage({ request, response, url, fault }: Call): void {
    if (request.headers.authorization) return answer(response, 400, {}, 'only one auth mechanism allowed')
    sendBytes({ request, response, fault }, blobs.get(url.pathname.slice('/storage/'.length)) ?? Buffer.alloc(0))
  }

  function sendBytes({ request, response, fault }: Pick<Call, 'request' | 'response' | 'fault'>, stored: Buffer): void {
    const bytes = fault?.alters ? Buffer.from(stored).fill(1, 0, 10) : stored
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

  async function manifests(call: Call, name: string, reference: string): Promise<void> {
    const { request, response, seen } = call
    const repository = repositoryOf(name)
    const silent = personality.isSilent ?? false
    if (seen.method === 'PUT') {
      const bytes = await read(call)
      const digest = digestOf(bytes)
      const missing = namedBy(bytes).filter((one) => !repository.blobs.has(one) && !repository.manifests.has(one))
      if (missing.length > 0) {
        violations.push(`${reference} names ${missing}`)
        if (!personality.isCareless) return answer(response, 404, {}, failure('MANIFEST_BLOB_UNKNOWN', missing.join()))
      }
      blobs.set(digest, bytes)
      types.set(digest, request.headers['content-type'] ?? '')
      repository.manifests.set(digest, digest)
      if (!reference.startsWith('sha256:')) repository.tags.set(reference, digest)
      return answer(response, 201, silent ? {} : { 'docker-content-digest': digest })
    }
    request.resume()
    const digest = repository.tags.get(reference) ?? repository.manifests.get(reference)
    const bytes = digest === undefined ? undefined : blobs.get(digest)
    if (!bytes || digest === undefined) return answer(response, personality.hides ? 403 : 404, {}, failure('MANIFEST_UNKNOWN', 'manifest unknown'))
    response.writeHead(200, {
      'content-type': types.get(digest) ?? '',
      'content-length': bytes.length,
      ...(!silent && { 'docker-content-digest': digest }),
    })
    response.end(seen.method === 'HEAD' ? undefined : call.fault?.alters ? Buffer.from(bytes).fill(32, 0, 5) : bytes)
  }

  async function upload(call: Call, name: string, id: string): Promise<void> {
    const { request, response, url, seen } = call
    const repository = repositoryOf(name)
    if (seen.method === 'POST') {
      request.resume()
      const digest = url.searchParams.get('mount')
      const from = url.searchParams.get('from')
      if (digest && personality.mounts === 'fails') return answer(response, 400, {}, failure('BLOB_UPLOAD_INVALID', 'mount'))
      const isMounted = digest && from && personality.mounts !== 'never' && repositories.get(from)?.blobs.has(digest)
      if (isMounted) {
        repository.blobs.add(digest)
        return answer(response, 201, { location: `/v2/${name}/blobs/${digest}` })
      }
      const fresh = randomUUID()
      uploads.set(fresh, { chunks: [], size: 0 })
      const longest = personality.longestChunk
      return answer(response, 202, { ...locationOf(name, fresh), ...(longest && { 'oci-chunk-max-length': `${longest}` }) })
    }
    const current = uploads.get(id)
    if (!current || !url.searchParams.has('state')) {
      request.resume()
      return answer(response, 404, {}, failure('BLOB_UPLOAD_UNKNOWN', 'upload unknown'))
    }
    if (seen.method === 'GET') {
      request.resume()
      if (!personality.isResumable) return answer(response, 404, {}, failure('BLOB_UPLOAD_UNKNOWN', 'upload unknown'))
      return answer(response, 204, { ...locationOf(name, id), range: `0-${Math.max(0, current.size - 1)}` })
    }
    return seen.method === 'PATCH' ? patch(call, name, id, current) : put(call, name, id, current)
  }

  async function patch(call: Call, name: string, id: string, current: Upload): Promise<void> {
    const { request, response } = call
    const length = Number(request.headers['content-length'])
    const [, start, end] = /^(\d+)-(\d+)$/.exec(request.headers['content-range'] ?? '') ?? []
    const isWrong = start !== undefined && (Number(start) !== current.size || Number(end) - Number(start) + 1 !== length)
    const isLong = length > (personality.longestPatch ?? personality.longestChunk ?? Number.POSITIVE_INFINITY)
    if (personality.isMonolithic || isWrong || isLong) {
      request.resume()
      return answer(response, personality.isMonolithic ? 405 : 416, {}, failure('BLOB_UPLOAD_INVALID', 'range'))
    }
    await append(call, current)
    current.firstChunk ??= current.size
    const told = personality.hasStuckRange ? current.firstChunk : current.size
    answer(response, personality.hasStuckRange ? 201 : 202, { ...locationOf(name, id), range: `0-${told - 1}` })
  }

  async function put(call: Call, name: string, id: string, current: Upload): Promise<void> {
    const { request, response, url } = call
    if (personality.isPatchOnly && Number(request.headers['content-length'] ?? 0) > 0) {
      request.resume()
      return answer(response, 400, {}, failure('UNSUPPORTED', 'use PATCH'))
    }
    await append(call, current)
    const hash = createHash('sha256')
    for (const chunk of current.chunks) hash.update(chunk)
    const digest = `sha256:${hash.digest('hex')}`
    uploads.delete(id)
    if (digest !== url.searchParams.get('digest')) return answer(response, 400, {}, failure('DIGEST_INVALID', digest))
    blobs.set(digest, Buffer.concat(current.chunks))
    repositoryOf(name).blobs.add(digest)
    answer(response, 201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
  }

  /** Keeps what arrives, also of a body that breaks off: that is what can be resumed. */
  async function append({ request, seen, fault }: Call, current: Upload): Promise<void> {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      const left = (fault?.resetAfter ?? Number.POSITIVE_INFINITY) - seen.bytes
      const kept = chunk.subarray(0, Math.max(0, Math.min(chunk.length, left)))
      current.chunks.push(Buffer.from(kept))
      current.size += kept.length
      seen.bytes += kept.length
      if (kept.length < chunk.length) request.socket.destroy()
    }
  }

  async function read({ request, seen }: Call): Promise<Buffer> {
    const chunks: Buffer[] = []
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    seen.bytes = bytes.length
    return bytes
  }

  const locationOf = (name: string, id: string) => ({
    location: `${personality.hasRelativeLocations ? '' : origin}/v2/${name}/blobs/uploads/${id}?state=${randomUUID()}`,
  })

  return {
    listener,
    user,
    blobs,
    requests,
    faults,
    violations,
    tokens,
    repository: repositoryOf,
    /** Where it is to be found, for URLs that it gives out. */
    at: (here: string, storage = here) => {
      origin = here
      storageOrigin = storage
    },
    /** What garbage collection does. */
    lose: (name: string, digest: string) => repositoryOf(name).blobs.delete(digest),
    sentBytes: () => requests.reduce((sum, { bytes }) => sum + bytes, 0),
    /** `METHOD path` of each request, digests and ids shortened. */
    log: () => requests.map(({ method, path, status }) => `${method} ${path.replace(/([0-9a-f]{8})[0-9a-f-]{20,}/, '$1')} ${status}`),
  }
}

function namedBy(bytes: Buffer): string[] {
  const { config, layers = [], manifests = [] } = JSON.parse(bytes.toString())
  return [...(config ? [config] : []), ...layers, ...manifests].map(({ digest }: { digest: string }) => digest)
}

function withFault(response: ServerResponse, fault: Fault | undefined): ServerResponse {
  if (!fault?.statusAfter) return response
  const { statusAfter } = fault
  const original = response.writeHead.bind(response)
  response.writeHead = ((_status: number, ...rest: never[]) => original(statusAfter, ...rest)) as typeof response.writeHead
  return response
}

export function failure(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] })
}

function answer(response: ServerResponse, status: number, headers: { [name: string]: string } = {}, body = ''): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
