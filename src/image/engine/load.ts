import { Readable } from 'node:stream'
import { FlambeError } from '../../errors.ts'
import { type Progress, silent, step } from '../../progress.ts'
import type { Image, Receipt } from '../image.ts'
import { formatReference, parseReference } from '../registry/index.ts'
import { archiveBytes, packForEngine } from './archive.ts'
import type { Engine } from './engine.ts'
import { type Deed, EngineRefusal, engineFailure } from './failure.ts'
import { inspectImage } from './images.ts'
import { knownLayers } from './known-layers.ts'
import { withSteps } from './layer-steps.ts'
import { records } from './records.ts'

export type LoadOptions = {
  readonly engine: Engine
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/**
 * Gives an image to the engine under `references` (`repo[:tag]`), and sends only the layers that it lacks. An engine that keeps images in containerd, or
 * refuses a part, gets the whole. What it has afterwards is this image and no other, or it fails: `UNAVAILABLE` (refused, or the engine stopped),
 * `DISK_FULL`, `REFERENCE_INVALID`, `SOURCE_INVALID` if a layer's bytes are not what its digest says.
 */
export async function loadIntoEngine(
  image: Image,
  references: readonly string[],
  { engine, progress = silent, signal }: LoadOptions,
): Promise<Receipt> {
  const names = references.map(fullName)
  const [reference = image.config.digest] = references
  const deed = { what: `loading ${reference}`, address: engine.address }
  try {
    const bytesSent = await bring({ image, names, deed, engine, progress, signal })
    return { reference, digest: image.manifest.digest, bytesSent }
  } catch (error) {
    signal?.throwIfAborted()
    throw engineFailure(error, deed)
  }
}

/** What `loadIntoEngine` would send. */
export type LoadPlan = {
  /** Digests of what the engine has. */
  readonly present: ReadonlySet<string>
  /** Exact, unless the engine refuses to be sent a part. */
  readonly bytes: number
}

/** What `loadIntoEngine` would do, found out with questions alone. */
export async function planLoad(
  image: Image,
  references: readonly string[],
  { engine }: Pick<LoadOptions, 'engine'>,
): Promise<LoadPlan> {
  if (await inspectImage(engine.docker, image.config.digest)) {
    const all = [...image.layers, image.config, image.manifest].map(({ digest }) => digest)
    return { present: new Set(all), bytes: 0 }
  }
  const names = references.map(fullName)
  const omit = await omittable({ image, engine, names })
  return { present: omit, bytes: archiveBytes(image, { references: names, omit }) }
}

type Load = {
  readonly image: Image
  /** With registry and tag. */
  readonly names: readonly string[]
  readonly deed: Deed
  readonly engine: Engine
  readonly progress: Progress
  readonly signal: AbortSignal | undefined
}

async function bring(load: Load): Promise<number> {
  const { image, engine } = load
  if (await inspectImage(engine.docker, image.config.digest)) {
    await tagAll(load, image.config.digest)
    return 0
  }
  const omit = await omittable(load)
  const sent = { bytes: 0 }
  try {
    await send(load, { omit, sent })
  } catch (error) {
    if (omit.size === 0 || !(error instanceof EngineRefusal)) throw error
    await send(load, { omit: new Set(), sent })
  }
  return sent.bytes
}

/** Digests of the layers that need not go. */
async function omittable({
  image,
  names,
  engine,
}: Pick<Load, 'image' | 'names' | 'engine'>): Promise<ReadonlySet<string>> {
  if (await keepsBlobs(engine)) return new Set()
  const known = await knownLayers(engine.docker, image, { likely: names })
  const needed = new Set(image.layers.slice(known).map(({ digest }) => digest))
  return new Set(image.layers.map(({ digest }) => digest).filter((digest) => !needed.has(digest)))
}

/** Whether the engine wants every blob of an image, since it keeps them as they are: Podman, and Docker with a containerd store. */
async function keepsBlobs({ docker, kind }: Engine): Promise<boolean> {
  if (kind === 'podman') return true
  const { DriverStatus } = (await docker.info()) as { DriverStatus?: readonly (readonly string[])[] | null }
  return (DriverStatus ?? []).some(([, value]) => value?.startsWith('io.containerd.'))
}

type Sending = { readonly omit: ReadonlySet<string>; readonly sent: { bytes: number } }

async function send({ signal, ...load }: Load, { omit, sent }: Sending): Promise<void> {
  const { image, names, engine, deed, progress } = load
  const told = withSteps(image, omit, progress)
  const unpacking = Promise.withResolvers<void>()
  // Where nothing gets to unpack, nobody waits for it.
  unpacking.promise.catch(() => {})
  async function* body() {
    for await (const chunk of packForEngine(told, { references: names, omit, borrow: true, signal })) {
      yield chunk
      sent.bytes += chunk.length
    }
    step(progress, { title: 'unpacking in the engine' }, () => unpacking.promise).catch(() => {})
  }
  try {
    const stream = Readable.from(body(), { objectMode: false })
    const answer = await engine.docker.loadImage(stream, {
      quiet: true,
      ...(signal && { abortSignal: signal }),
    })
    for await (const _ of records(answer, deed));
    await verify(load)
    unpacking.resolve()
  } catch (error) {
    unpacking.reject(error)
    throw error
  }
}

/** Docker names an image by the digest of its config, and with a containerd store by that of its manifest. */
async function verify({ image, names, engine, deed }: Omit<Load, 'signal'>): Promise<void> {
  const expected = [image.config.digest, image.manifest.digest]
  for (const name of names.length > 0 ? names : expected.slice(0, 1)) {
    const taken = await inspectImage(engine.docker, name)
    if (taken && expected.includes(taken.Id)) continue
    throw new FlambeError(
      'UNAVAILABLE',
      `${deed.what}: the engine took ${image.config.digest} for ${taken?.Id ?? 'nothing'}`,
      {
        hint: `the engine at ${engine.address} changed the image: tell its makers, or use --output`,
      },
    )
  }
}

async function tagAll({ names, engine }: Load, id: string): Promise<void> {
  const image = engine.docker.getImage(id)
  for (const name of names) {
    const colon = name.lastIndexOf(':')
    await image.tag({ repo: name.slice(0, colon), tag: name.slice(colon + 1) })
  }
}

function fullName(text: string): string {
  const { registry, repository, tag = 'latest' } = parseReference(text)
  return formatReference({ registry, repository, tag })
}
