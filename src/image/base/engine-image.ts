import { FlambeError } from '../../errors.ts'
import { buildImage, inspectImage, openEngine, saveImage } from '../engine/index.ts'
import type { Image } from '../image.ts'
import { openLocalImage } from './local/local-image.ts'
import type { BaseOptions } from './options.ts'

/** An image that the engine has (`docker-daemon:NAME`), or builds (`dockerfile:PATH`). What it exports is kept by the image's ID. */
export async function engineImage(
  kind: 'docker-daemon' | 'dockerfile',
  what: string,
  options: BaseOptions,
): Promise<Image> {
  const { platform } = options
  const engine = await openEngine(options)
  const id =
    kind === 'dockerfile'
      ? await buildImage(what, { engine, ...options })
      : (await inspectImage(engine.docker, what))?.Id
  if (id === undefined) {
    throw new FlambeError('IMAGE_INVALID', `the engine at ${engine.address} has no image ${what}`, {
      hint: '`docker images` lists those that it has',
    })
  }
  const archive = await saveImage(id, { engine, ...options })
  return openLocalImage(archive, { platform })
}
