import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { type Progress, silent, step } from '../../progress.ts'
import type { ImagePlatform } from '../image.ts'
import { formatPlatform, hostPlatform } from '../registry/index.ts'
import { packContext } from './build-context.ts'
import type { Engine } from './engine.ts'
import { engineFailure } from './failure.ts'
import { followBuild } from './follow-build.ts'
import { records } from './records.ts'

export type BuildOptions = {
  readonly engine: Engine
  /** What the path is relative to. */
  readonly directory: string
  readonly platform?: ImagePlatform | undefined
  readonly buildArgs?: { readonly [name: string]: string }
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/**
 * Has the engine build a Dockerfile, or the one in a folder, with its folder as context, and gives the ID of the image. What the build says is told step
 * by step. Throws `IMAGE_INVALID` where there is no Dockerfile, `UNAVAILABLE` where the build fails.
 */
export async function buildImage(path: string, options: BuildOptions): Promise<string> {
  const { engine, directory, platform, buildArgs = {}, progress = silent, signal } = options
  const dockerfile = await findDockerfile(resolve(directory, path))
  // Old engines take no platform at all, not even their own.
  const isOther = platform !== undefined && formatPlatform(platform) !== formatPlatform(hostPlatform())
  const deed = { what: `building ${path}`, address: engine.address }
  try {
    const context = await packContext(dirname(dockerfile), dockerfile)
    const answer = await engine.docker.buildImage(context, {
      dockerfile: basename(dockerfile),
      buildargs: { ...buildArgs },
      forcerm: true,
      ...(isOther && { platform: formatPlatform(platform) }),
      ...(signal && { abortSignal: signal }),
    })
    return await step(progress, { title: `build ${path}` }, (parent) =>
      followBuild(records(answer, deed), { parent, progress, deed }),
    )
  } catch (error) {
    signal?.throwIfAborted()
    throw engineFailure(error, deed)
  }
}

async function findDockerfile(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined)
  const file = stats?.isDirectory() ? join(path, 'Dockerfile') : path
  if ((await stat(file).catch(() => undefined))?.isFile()) return file
  throw new FlambeError('IMAGE_INVALID', `${file} is not there, and the base is to be built from it`, {
    hint: 'write dockerfile:PATH, of a Dockerfile or of a folder with one',
  })
}
