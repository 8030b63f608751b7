import type Docker from 'dockerode'
import type { ImagePlatform } from '../image.ts'
import type { Engine } from './engine.ts'
import { engineFailure, statusOf } from './failure.ts'

/** What the engine says of an image; undefined for one that it does not have. */
export async function inspectImage(
  docker: Docker,
  name: string,
): Promise<Docker.ImageInspectInfo | undefined> {
  try {
    return await docker.getImage(name).inspect()
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

/** What the image of that name in the engine is for; undefined if the engine has none. Throws what keeps the engine from telling. */
export async function platformInEngine(
  name: string,
  { docker, address }: Engine,
): Promise<ImagePlatform | undefined> {
  try {
    const found = await inspectImage(docker, name)
    if (!found) return undefined
    const { Os: os, Architecture: architecture, Variant: variant } = found
    return { os, architecture, ...(variant && { variant }) }
  } catch (error) {
    throw engineFailure(error, { what: `asking for ${name}`, address })
  }
}
