import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { codeOf, fileFailure } from '../../files/index.ts'
import { type Progress, silent, step } from '../../progress.ts'
import type { Engine } from './engine.ts'
import { engineFailure } from './failure.ts'

export type SaveOptions = {
  readonly engine: Engine
  readonly cacheDirectory: string
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/** The archive of an image that the engine has, as a file in the cache. It is written once: an ID names bytes that do not change. */
export async function saveImage(
  id: string,
  { engine, cacheDirectory, progress = silent, signal }: SaveOptions,
): Promise<string> {
  const path = join(cacheDirectory, 'engine', `${id.replace(/^sha256:/, '')}.tar`)
  if (await stat(path).catch(() => undefined)) return path
  const temporary = `${path}.${randomUUID()}`
  const title = `export ${id.slice(0, 19)} from the engine`
  try {
    await mkdir(join(path, '..'), { recursive: true })
    await step(progress, { title }, async (step) => {
      const count = new Transform({
        transform(chunk: Buffer, _, done) {
          progress({ type: 'bytes', id: step, count: chunk.length })
          done(null, chunk)
        },
      })
      const body = Readable.from(await engine.docker.getImage(id).get())
      await pipeline(body, count, createWriteStream(temporary), { ...(signal && { signal }) })
    })
    await rename(temporary, path)
    return path
  } catch (error) {
    signal?.throwIfAborted()
    if (['ENOSPC', 'EDQUOT', 'EROFS'].includes(codeOf(error) ?? ''))
      throw fileFailure(error, `writing ${path}`)
    throw engineFailure(error, { what: title, address: engine.address })
  } finally {
    await rm(temporary, { force: true }).catch(() => {})
  }
}
