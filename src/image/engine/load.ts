import { FlambeError } from '../../errors.ts'
import { type Progress, silent, step } from '../../progress.ts'
import type { Image, Receipt } from '../image.ts'
import { formatReference, parseReference } from '../registry/index.ts'
import { archiveBytes, packForEngine } from './archive.ts'
import type { Engine } from './engine.ts'
import { type Deed, EngineRefusal, engineFailure } from './failure.ts'
import { inspectImage } from './images.ts'
import { keepsBlobs } from './keeps-blobs.ts'
import { knownLayers } from './known-layers.ts'
import { withSteps } from './layer-steps.ts'
import { type LoadRequest, openLoad } from './load-request.ts'
import { records } from './records.ts'

export type LoadOptions = {
  readonly engine: Engine
  /** Of `beginLoad`: what it brought the engine is not sent again. Its owner disposes of it. */
  readonly ahead?: LoadRequest | undefined
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
  { engine, ahead, progress = silent, signal }: LoadOptions,
): Promise<Receipt> {
  const sent = ahead?.sent ?? { bytes: 0 }
  const names = references.map(fullName)
  const [reference = image.config.digest] = references
  const deed = { what: `loading ${reference}`, address: engine.address }
  try {
    await bring({ image, names, deed, engine, ahead, sent, progress, signal })
    return { reference, digest: image.manifest.digest, bytesSent: sent.bytes }
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
  readonly ahead: LoadRequest | undefined
  readonly sent: LoadRequest['sent']
  readonly progress: Progress
  readonly signal: AbortSignal | undefined
}

async function bring(load: Load): Promise<void> {
  const { image, engine, ahead } = load
  if (await inspectImage(engine.docker, image.config.digest)) {
    await ahead?.[Symbol.asyncDispose]()
    return await tagAll(load, image.config.digest)
  }
  const omit = await omittable(load)
  const begun = await begunLayers(load, omit)
  if (begun.size === 0) await ahead?.[Symbol.asyncDispose]()
  try {
    await send(load, { omit, begun })
  } catch (error) {
    // Of a file that was only touched the bytes are still right: on the usual way they are checked by their digest.
    const isTouched = begun.size > 0 && ahead?.layers.values().some(({ isSame }) => !isSame())
    const isRefused = omit.size + begun.size > 0 && error instanceof EngineRefusal
    if (!isTouched && !isRefused) throw error
    await send(load, { omit: new Set(), begun: new Map() })
  }
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

/** The layers with which the archive has begun, by digest; none where the engine has one of them, or took no more: then all goes anew. */
async function begunLayers(
  { image, ahead }: Load,
  omit: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const begun = new Map<string, string>()
  for (const [name, { sha256 }] of ahead?.layers ?? [])
    begun.set(`sha256:${await sha256.catch(() => '')}`, name)
  const needed = new Set(image.layers.map(({ digest }) => digest)).difference(omit)
  return ahead?.isOpen() && needed.isSupersetOf(begun) ? begun : new Map()
}

type Sending = {
  readonly omit: ReadonlySet<string>
  /** Layers that are in the archive already, and their names there. */
  readonly begun: ReadonlyMap<string, string>
}

async function send(load: Load, { omit, begun }: Sending): Promise<void> {
  const { image, names, deed, ahead, progress, signal } = load
  await using request = ahead && begun.size > 0 ? ahead : openLoad(new Map(), load)
  const told = withSteps(image, { omit, begun }, progress)
  const unpacking = Promise.withResolvers<void>()
  // Where nothing gets to unpack, nobody waits for it.
  unpacking.promise.catch(() => {})
  async function* rest() {
    yield* packForEngine(told, { references: names, omit, begun, borrow: true, signal })
    step(progress, { title: 'unpacking in the engine' }, () => unpacking.promise).catch(() => {})
  }
  try {
    for await (const _ of records(await request.finish(rest()), deed));
    await verify(load)
    unpacking.resolve()
  } catch (error) {
    unpacking.reject(error)
    throw error
  }
}

/** Docker names an image by the digest of its config, and with a containerd store by that of its manifest. */
async function verify({ image, names, engine, deed }: Load): Promise<void> {
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
