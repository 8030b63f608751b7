import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { extract } from 'tar-stream'
import { artifactManifest, type DescribedImage } from '../describe/description.ts'
import { describeConfig } from '../describe/parse-config.ts'
import type { Engine } from './engine.ts'
import { engineFailure, statusOf } from './failure.ts'

/** Describes an image that the engine has. Nothing of it is exported but the manifest of the artifact. */
export async function describeEngineImage(
  reference: string,
  { docker, address }: Engine,
): Promise<DescribedImage> {
  try {
    return await describe(docker, await docker.getImage(reference).inspect(), reference)
  } catch (error) {
    throw engineFailure(error, { what: `looking at ${reference}`, address })
  }
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
    const tar = extract()
    Readable.from(await container.getArchive({ path: `/${path}` })).pipe(tar)
    for await (const entry of tar) return await buffer(Readable.from(entry))
    return undefined
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  } finally {
    await container.remove()
  }
}
