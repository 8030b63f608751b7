import type Docker from 'dockerode'
import { statusOf } from './failure.ts'

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
