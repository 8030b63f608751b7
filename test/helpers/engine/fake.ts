import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { extract, pack } from 'tar-stream'
import { onTestFinished } from 'vitest'
import { formatReference, parseReference } from '../../../src/image/index.ts'
import { digestOf } from '../registry/images.ts'

/** How this engine behaves; by default as Docker with its own layer store. */
export type EnginePersonality = {
  /** Keeps images in containerd: named by the manifest, and only from whole archives. */
  readonly containerd?: boolean
  /** Takes no archive that lacks a layer. */
  readonly wantsAll?: boolean
  readonly podman?: boolean
  /** Said in the stream of a load that answered 200. */
  readonly loadError?: string
  /** Cuts the connection after this many bytes of a load. */
  readonly breaksAfter?: number
  /** Says so with status 200, and reads no more, after this many bytes of a load. */
  readonly fullAfter?: number
  /** What it says, with status 500, when it is asked for an image. */
  readonly inspectError?: string
  /** Takes the image under an ID of its own. */
  readonly alters?: boolean
}

type Held = { readonly id: string; readonly config: Config; readonly files: ReadonlyMap<string, Buffer> }
type Config = {
  readonly os: string
  readonly architecture: string
  readonly rootfs: { readonly diff_ids: readonly string[] }
}

/** An engine on loopback that knows only images, and remembers what it was sent. */
export async function fakeEngine(personality: EnginePersonality = {}) {
  const images = new Map<string, Held>()
  const loads: { readonly names: readonly string[]; readonly bytes: number }[] = []
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) =>
      response.writeHead(500).end(JSON.stringify({ message: error.message })),
    )
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine')
    const json = (value: unknown, status = 200) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (pathname === '/version') {
      return json({ Version: '1.0', Components: [{ Name: personality.podman ? 'Podman Engine' : 'Engine' }] })
    }
    if (pathname === '/info') {
      return json({
        DriverStatus: personality.containerd ? [['driver-type', 'io.containerd.snapshotter.v1']] : [],
      })
    }
    if (pathname === '/images/json')
      return json([...new Set([...images.values()])].map(({ id }) => ({ Id: id })))
    if (pathname === '/images/load') return await load(request, response)
    const name = decodeURIComponent(pathname).replace(/^\/images\/(.*)\/\w+$/, '$1')
    const held = images.get(name) ?? images.get(fullName(name))
    if (personality.inspectError) return json({ message: personality.inspectError }, 500)
    if (!held) return json({ message: `No such image: ${name}` }, 404)
    if (pathname.endsWith('/get')) return await save(held, response)
    if (request.method === 'GET') return json(inspected(held))
    images.set(`${searchParams.get('repo')}:${searchParams.get('tag')}`, held)
    response.writeHead(201).end()
  }

  async function load(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (personality.breaksAfter !== undefined) {
      let seen = 0
      request.on('data', (chunk: Buffer) => {
        seen += chunk.length
        if (seen > (personality.breaksAfter ?? 0)) request.socket.destroy()
      })
      return
    }
    if (personality.fullAfter !== undefined) {
      await readSome(request, personality.fullAfter)
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(`${JSON.stringify({ error: 'write: no space left on device' })}\n`)
      // As Go's server: not at once, or what was said might not arrive.
      setTimeout(() => request.socket.destroy(), 500)
      return
    }
    const { files, bytes } = await unpack(request)
    loads.push({ names: [...files.keys()], bytes })
    const [entry] = JSON.parse(`${files.get('manifest.json')}`)
    const missing = entry.Layers.filter((one: string) => !files.has(one))
    const isRefused = missing.length > 0 && (personality.wantsAll || personality.containerd)
    const error =
      personality.loadError ?? (isRefused ? `open /tmp/${missing[0]}: no such file or directory` : undefined)
    response.writeHead(200, { 'content-type': 'application/json' })
    if (error) return void response.end(`${JSON.stringify({ errorDetail: { message: error }, error })}\n`)
    const config: Config = JSON.parse(`${files.get(entry.Config)}`)
    const bytesOfId = personality.containerd ? manifestOf(files) : files.get(entry.Config)
    const id = personality.alters ? `sha256:${'0'.repeat(64)}` : digestOf(bytesOfId ?? Buffer.alloc(0))
    const held = { id, config, files }
    for (const name of [id, ...entry.RepoTags]) images.set(name, held)
    response.end(`${JSON.stringify({ stream: 'Loaded image' })}\n`)
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const env = { DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` }
  return { env, images, loads }
}

/** What an engine gives out since Docker 25: the blobs as they came, and only then what names them. */
async function save({ files }: Held, response: ServerResponse): Promise<void> {
  const tar = pack()
  for (const [name, bytes] of [...files].sort()) tar.entry({ name }, bytes)
  tar.finalize()
  response.end(await buffer(Readable.from(tar)))
}

/** A short name means what it means to a real engine. */
function fullName(name: string): string {
  const { registry, repository, tag = 'latest' } = parseReference(name)
  return formatReference({ registry, repository, tag })
}

const inspected = ({ id, config: { os, architecture, rootfs } }: Held) => ({
  Id: id,
  Os: os,
  Architecture: architecture,
  RootFS: { Layers: rootfs.diff_ids },
})

function manifestOf(files: ReadonlyMap<string, Buffer>): Buffer | undefined {
  const { manifests } = JSON.parse(`${files.get('index.json')}`)
  return files.get(`blobs/${manifests[0].digest.replace(':', '/')}`)
}

/** Reads so many bytes, and leaves the rest. */
async function readSome(request: IncomingMessage, bytes: number): Promise<void> {
  for (let seen = 0; seen < bytes; ) {
    const chunk: Buffer | null = request.read()
    if (chunk) seen += chunk.length
    else await once(request, 'readable')
  }
}

async function unpack(body: Readable): Promise<{ files: Map<string, Buffer>; bytes: number }> {
  const files = new Map<string, Buffer>()
  let bytes = 0
  const tar = extract()
  body.on('data', (chunk: Buffer) => {
    bytes += chunk.length
  })
  body.pipe(tar)
  for await (const entry of tar) files.set(entry.header.name, await buffer(Readable.from(entry)))
  return { files, bytes }
}
