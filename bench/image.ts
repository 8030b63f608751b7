// Images without an engine: node bench/image.ts [MiB]
import { randomBytes, randomFillSync } from 'node:crypto'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { HashCache, sha256 } from '../src/files/index.ts'
import { createLayer, type FileEntry } from '../src/image/index.ts'
import { type Command, inTurn, measure, median, report } from './measure.ts'
import { edit, writeProject } from './push-project.ts'

const MiB = 2 ** 20
const mebibytes = Number(process.argv[2] ?? 1024)
const root = resolve(import.meta.dirname, '..')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))
const layout = join(work, 'image.oci')
const env = { FLAMBE_CACHE_DIR: join(work, 'cache'), FLAMBE_HOME: join(work, 'home') }

try {
  if (process.argv[2] !== 'packing') {
    await withWeights()
    await sizes()
  }
  await packing()
} finally {
  rmSync(work, { recursive: true, force: true })
}

function build(project: string, output = layout): Command {
  const args = ['build', '--docker', '--base', 'host', '--output', output, '--json', 'spec.yaml']
  return { name: 'flambe', argv: [process.execPath, join(root, 'bin', 'run.js'), ...args], cwd: project, env }
}

/** A component with a large asset, into a layout; against cp and sha256sum of that asset. */
async function withWeights(): Promise<void> {
  const project = join(work, 'project')
  const weights = join(project, 'weights.bin')
  writeProject(project, { weights: mebibytes * MiB })
  // What a machine knows of its own Node, and of the project's types, serves all builds.
  await measure(build(project))
  const copy = ['sh', '-c', `cp ${weights} ${work}/copy && sha256sum ${work}/copy`]
  const [peer, first] = await inTurn(
    [
      { name: 'cp and sha256sum', argv: copy, before: () => rmSync(join(work, 'copy'), { force: true }) },
      { ...build(project), before: () => renewed(weights) },
    ],
    { runs: 3 },
  )
  const hello = {
    name: 'hello',
    argv: [process.execPath, join(root, 'bench/peers/hello/bin/run.js'), 'hello'],
  }
  const [bare, again] = await inTurn([hello, build(project)], { runs: 9 })
  const [plain, line] = await inTurn([hello, { ...build(project), before: () => edit(project) }], { runs: 9 })
  if (!peer || !first || !bare || !again || !plain || !line) throw new Error('a measurement is missing')
  const what = `first layout with a ${mebibytes} MiB asset to cp and sha256sum`
  report({ what, ours: first.seconds, peer: peer.seconds, limit: 2 })
  report({ what: 'peak memory of it', ours: first.peakMegabytes, limit: 150, unit: 'MB' })
  // A bare oclif hello-world takes 0.08 s on an idle machine: five of it are 0.4 s.
  const bound = { unit: 's', limit: 5 }
  report({
    what: "unchanged build to a bare oclif hello-world's",
    ours: again.seconds,
    peer: bare.seconds,
    ...bound,
  })
  report({
    what: 'one-line change in the layout to the same',
    ours: line.seconds,
    peer: plain.seconds,
    ...bound,
  })
}

/** Other bytes, so that nothing known of it helps; older than what caches take for still being written. */
async function renewed(file: string): Promise<void> {
  rmSync(layout, { recursive: true, force: true })
  const handle = openSync(file, 'r+')
  writeSync(handle, randomFillSync(new Uint8Array(MiB)), 0, MiB, 0)
  closeSync(handle)
  await new Promise((done) => setTimeout(done, 2500))
}

/** Compressed bytes over the base, and of the base. */
async function sizes(): Promise<void> {
  type Layer = { readonly title: string; readonly size: number }
  const layersOf = async (name: string): Promise<Layer[]> => {
    const project = join(work, name)
    const source = join(root, 'examples', name)
    cpSync(source, project, { recursive: true, filter: (path) => !/\/(out|node_modules)(\/|$)/.test(path) })
    if (name === 'digits-onnx') symlinkSync(join(source, 'node_modules'), join(project, 'node_modules'))
    const { stdout } = await measure(build(project, join(work, `${name}.oci`)))
    return JSON.parse(stdout).images[0].layers
  }
  const megabytes = (layers: readonly Layer[]) => layers.reduce((sum, { size }) => sum + size, 0) / 1e6
  const [cancer, digits] = [await layersOf('breast-cancer'), await layersOf('digits-onnx')]
  const over = (layers: readonly Layer[]) => megabytes(layers.filter(({ title }) => title !== 'base'))
  const base = megabytes(cancer.filter(({ title }) => title === 'base'))
  report({ what: 'breast-cancer over its base', ours: over(cancer), limit: 2, unit: 'MB' })
  report({ what: 'digits-onnx over its base', ours: over(digits), limit: 30, unit: 'MB' })
  report({ what: 'the host base', ours: base, limit: 45, unit: 'MB' })
}

/** 2,000 files of 16 KiB into one gzip layer, hashed: our writer against tar-stream and node:zlib. */
async function packing(): Promise<void> {
  const directory = join(work, 'files')
  mkdirSync(directory)
  const entries = Array.from({ length: 2000 }, (_, n): FileEntry => {
    const path = join(directory, `${n}.js`)
    const text = `export const text${n} = "${randomBytes(6000).toString('hex')}"\n`.padEnd(16_384, ' ')
    writeFileSync(path, text)
    return {
      kind: 'file',
      path: `app/${n}.js`,
      mode: 0o644,
      uid: 0,
      gid: 0,
      size: 16_384,
      sha256: sha256(text),
      source: { kind: 'file', path },
    }
  })
  const ours: number[] = []
  const peer: number[] = []
  for (let run = 0; run < 4; run++) {
    ours.push(await timed(() => ourLayer(entries)))
    peer.push(await timed(() => theirLayer(entries)))
  }
  const what = '2,000 files packed, compressed and kept, to tar-stream and node:zlib'
  report({ what, ours: median(ours.slice(1)), peer: median(peer.slice(1)), limit: 0.8 })
}

async function ourLayer(entries: readonly FileEntry[]): Promise<void> {
  const cacheDirectory = mkdtempSync(join(work, 'cache-'))
  const plan = { title: 'dependencies', entries, compression: 'gzip' } as const
  await createLayer(plan, { cacheDirectory, hashCache: HashCache.none() })
}

async function theirLayer(entries: readonly FileEntry[]): Promise<void> {
  const { createHash } = await import('node:crypto')
  const { createReadStream, createWriteStream } = await import('node:fs')
  const tar = pack()
  const [diff, digest] = [createHash('sha256'), createHash('sha256')]
  const feed = async () => {
    for (const { path, size, source } of entries) {
      if (source.kind !== 'file') continue
      await new Promise<void>((done, fail) => {
        const sink = tar.entry({ name: path, size, mtime: new Date(1000) }, (error) =>
          error ? fail(error) : done(),
        )
        pipeline(createReadStream(source.path), sink).catch(fail)
      })
    }
    tar.finalize()
  }
  const hashed = (hash: typeof diff) =>
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        hash.update(chunk)
        yield chunk
      }
    }
  const out = createWriteStream(join(work, 'their.tar.gz'))
  await Promise.all([
    feed(),
    pipeline(Readable.from(tar), hashed(diff), createGzip({ level: 6 }), hashed(digest), out),
  ])
}

async function timed(work: () => Promise<void>): Promise<number> {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
