import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type Docker from 'dockerode'
import type { Progress } from '../../progress.ts'
import {
  artifactManifest,
  type DescribedImage,
  type ImageDescription,
  mostRead,
} from '../describe/description.ts'
import { describeConfig } from '../describe/parse-config.ts'
import { layerTypes } from '../layer/compress.ts'
import { layerEntries } from '../layer-entries.ts'
import type { Engine } from './engine.ts'
import { engineFailure, statusOf } from './failure.ts'
import { savedLayers } from './saved-layers.ts'

/** Bytes; to look into a larger image takes longer than people wait, since the engine gives it out as a whole. */
const mostSaved = 2 ** 29

export type DescribeOptions = {
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** Describes an image that the engine has. Its own small layers are looked into, unless it is larger than 512 MiB. */
export async function describeEngineImage(
  reference: string,
  engine: Engine,
  options: DescribeOptions = {},
): Promise<DescribedImage> {
  const { docker, address } = engine
  try {
    const found = await docker.getImage(reference).inspect()
    const { description, ...rest } = await describe(docker, found, reference)
    return { description: await lookedInto(description, engine, options), ...rest }
  } catch (error) {
    options.signal?.throwIfAborted()
    throw engineFailure(error, { what: `looking at ${reference}`, address })
  }
}

async function lookedInto(
  description: ImageDescription,
  engine: Engine,
  options: DescribeOptions,
): Promise<ImageDescription> {
  const { id, size, layers } = description
  if (size > mostSaved || layers.every(({ isBase }) => isBase)) return description
  const saved = await savedLayers(id, engine, { ...options, most: mostRead })
  const described = layers.map((layer, index) => {
    const contents = layer.isBase ? undefined : saved[index]
    return { ...layer, ...(contents && { contents }) }
  })
  return { ...description, layers: described }
}

async function describe(
  docker: Docker,
  found: Docker.ImageInspectInfo,
  reference: string,
): Promise<DescribedImage> {
  const history: readonly HistoryLine[] = await docker.getImage(found.Id).history()
  const lines = history.toReversed()
  const { titles, ...described } = describeConfig(Buffer.from(JSON.stringify(asConfig(found, lines))))
  const diffIds = found.RootFS.Layers ?? []
  const sizes = withLayers(lines, diffIds.length).map(({ Size }) => Size)
  const layers = diffIds.map((digest, index) => ({
    ...(titles[index] ?? { title: 'unknown', isBase: true }),
    digest,
    size: sizes[index] ?? 0,
  }))
  const size = layers.reduce((sum, layer) => sum + layer.size, 0)
  const artifact = await fileOf(docker, found.Id, artifactManifest)
  return {
    description: { reference, id: found.Id, ...described, size, layers },
    ...(artifact && { artifact }),
  }
}

type HistoryLine = { readonly CreatedBy: string; readonly Comment: string; readonly Size: number }

/** An engine does not say which lines of the history made layers: those of flambe did, and of others those with bytes in them. */
function withLayers(lines: readonly HistoryLine[], count: number): readonly HistoryLine[] {
  return lines.length === count ? lines : lines.filter(({ Size }) => Size > 0)
}

function asConfig(found: Docker.ImageInspectInfo, lines: readonly HistoryLine[]): object {
  const layers = withLayers(lines, found.RootFS.Layers?.length ?? 0)
  return {
    os: found.Os,
    architecture: found.Architecture,
    created: found.Created,
    config: found.Config,
    history: layers.map(({ CreatedBy, Comment }) => ({ created_by: CreatedBy, comment: Comment })),
  }
}

/** A file of an image, out of a container that never runs. */
async function fileOf(docker: Docker, image: string, path: string): Promise<Uint8Array | undefined> {
  const container = await docker.createContainer({ Image: image, Cmd: ['none'] })
  try {
    const body = Readable.from(await container.getArchive({ path: `/${path}` }))
    const archive = { mediaType: layerTypes.none, open: () => body }
    for await (const { open } of layerEntries(archive)) return await buffer(open())
    return undefined
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  } finally {
    await container.remove()
  }
}
