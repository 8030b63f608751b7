import type Docker from 'dockerode'
import { inParallel } from '../../files/index.ts'
import type { Image } from '../image.ts'
import { inspectImage } from './images.ts'

/** Looking further costs more than sending this many bytes. */
const worthLooking = 2 ** 20

/**
 * How many of the image's layers, from the bottom, the engine has: those that it shares with any image there, since an engine knows a layer by all that
 * lies below it (its ChainID: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md#layer-chainid). `likely` are looked at first.
 */
export async function knownLayers(
  docker: Docker,
  { layers }: Image,
  { likely }: { readonly likely: readonly string[] },
): Promise<number> {
  const left = (known: number) => layers.slice(known).reduce((sum, { size }) => sum + size, 0)
  let known = 0
  const look = async (name: string) => {
    if (left(known) < worthLooking) return
    const there = await inspectImage(docker, name)
    known = Math.max(known, sharedWith(layers, there?.RootFS.Layers ?? []))
  }
  await inParallel(likely, 4, look)
  if (left(known) < worthLooking) return known
  const all = await docker.listImages()
  await inParallel(
    all.map(({ Id }) => Id),
    4,
    look,
  )
  return known
}

function sharedWith(layers: Image['layers'], diffIds: readonly string[]): number {
  const different = layers.findIndex(({ diffId }, index) => diffId !== diffIds[index])
  return different < 0 ? layers.length : different
}
