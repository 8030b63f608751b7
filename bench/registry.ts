// Pushing one layer of weights: against a bare http.request, crane and skopeo, in one run. node bench/registry.ts [MiB] [rounds]
import { execFile, fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Image, type Layer, pushImage } from '../src/image/index.ts'
import { startDockerRegistry } from '../test/helpers/registry/docker-registry.ts'
import { imageOf, tarOf } from '../test/helpers/registry/images.ts'
import { hasProgram } from '../test/helpers/registry/programs.ts'

const run = promisify(execFile)
const MiB = 2 ** 20
const [size = 256, rounds = 3] = process.argv.slice(2).map(Number)

const directory = await mkdtemp(join(tmpdir(), 'flambe-bench-'))
const sink = fork(new URL('./registry-sink.ts', import.meta.url), { stdio: 'inherit' })
try {
  const file = join(directory, 'weights.tar')
  const layer = await writeWeights(file, size * MiB)
  const image = imageOf([layer])
  const layout = await writeLayout(join(directory, 'layout'), image, file)
  const [port] = await once(sink, 'message')
  const registry = await startDockerRegistry(join(directory, 'registry'))
  let nth = 0
  const name = () => `${registry.host}/bench/n${nth++}`
  const peers: [string, () => Promise<unknown>][] = [
    ['http.request to a sink', () => bare(file, layer.size, port)],
    ['flambe to a sink', () => pushImage(image, `127.0.0.1:${port}/sink:v1`)],
    ['flambe to docker-registry', () => pushImage(image, `${name()}:v1`)],
    ...(hasProgram('crane')
      ? [
          [
            'crane to docker-registry',
            () => run('crane', ['push', layout, `${name()}:v1`, '--insecure']),
          ] as [string, () => Promise<unknown>],
        ]
      : []),
    ...(hasProgram('skopeo')
      ? [
          [
            'skopeo to docker-registry',
            () =>
              run('skopeo', [
                'copy',
                '--preserve-digests',
                '--dest-tls-verify=false',
                `oci:${layout}:v1`,
                `docker://${name()}:v1`,
              ]),
          ] as [string, () => Promise<unknown>],
        ]
      : []),
  ]
  const times = new Map<string, number[]>(peers.map(([title]) => [title, []]))
  for (let round = 0; round < rounds; round++) {
    // Each in turn goes first, on a disk that has nothing left to write.
    for (const [title, push] of [
      ...peers.slice(round % peers.length),
      ...peers.slice(0, round % peers.length),
    ]) {
      // Every push is a first push: the registry must not know the blob from the round before.
      await rm(join(directory, 'registry', 'data'), { recursive: true, force: true })
      await run('sync')
      const start = performance.now()
      await push()
      times.get(title)?.push((performance.now() - start) / 1000)
    }
  }
  await registry.stop()
  print(times)
} finally {
  sink.kill()
  await rm(directory, { recursive: true, force: true })
}

/** The fastest of each: what else the machine does only ever adds time. */
function print(times: ReadonlyMap<string, readonly number[]>): void {
  const fastest = (title: string) => Math.min(...(times.get(title) ?? []))
  const memory = Math.round(process.resourceUsage().maxRSS / 1024)
  process.stdout.write(
    `one layer of ${size} MiB, fastest of ${rounds}; peak memory of this process ${memory} MiB\n`,
  )
  for (const title of times.keys()) {
    const seconds = fastest(title)
    const peer = title.includes('sink') ? 'http.request to a sink' : 'flambe to docker-registry'
    const columns = [
      title.padEnd(26),
      `${seconds.toFixed(2)} s`,
      `${(size / seconds).toFixed(0).padStart(5)} MiB/s`,
    ]
    process.stdout.write(`${columns.join('  ')}  ${(seconds / fastest(peer)).toFixed(2)} x ${peer}\n`)
  }
}

/** A layer in a file, plain tar, as weights are stored. */
async function writeWeights(path: string, length: number): Promise<Layer> {
  const block = randomBytes(8 * MiB)
  const header = tarOf('weights.bin', Buffer.alloc(0)).subarray(0, 512)
  const file = await open(path, 'w')
  const hash = createHash('sha256')
  for (let at = 0; at < length; at += block.length) {
    block.writeUInt32LE(at / 512, 0)
    if (at === 0) header.copy(block, 0)
    hash.update(block)
    await file.write(block)
  }
  await file.close()
  const digest = `sha256:${hash.digest('hex')}`
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar',
    digest,
    diffId: digest,
    size: (await stat(path)).size,
    title: 'assets',
    open: ({ start = 0 } = {}) => createReadStream(path, { start, highWaterMark: 2 * MiB }),
  }
}

async function writeLayout(
  path: string,
  { config, manifest, layers: [layer] }: Image,
  file: string,
): Promise<string> {
  const blob = (digest: string) => join(path, 'blobs', ...digest.split(':'))
  await mkdir(join(path, 'blobs', 'sha256'), { recursive: true })
  await writeFile(blob(config.digest), config.bytes)
  await writeFile(blob(manifest.digest), manifest.bytes)
  await run('ln', [file, blob(layer?.digest ?? '')])
  const { mediaType, digest, size: bytes } = manifest
  const annotations = { 'org.opencontainers.image.ref.name': 'v1' }
  await writeFile(
    join(path, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes, annotations }] }),
  )
  await writeFile(join(path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return path
}

/** The fastest that Node can send a file. */
async function bare(path: string, length: number, port: number): Promise<void> {
  const sent = request({
    port,
    method: 'PUT',
    path: '/v2/x',
    headers: { 'content-length': length },
    highWaterMark: 2 * MiB,
  } as object)
  createReadStream(path, { highWaterMark: 2 * MiB }).pipe(sent)
  const [response] = await once(sent, 'response')
  response.resume()
  await once(response, 'end')
}
