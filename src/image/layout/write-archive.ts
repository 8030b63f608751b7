import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { FlambeError } from '../../errors.ts'
import { fileFailure, removeUnfinished, unfinishedName } from '../../files/index.ts'
import { type Progress, silent, step } from '../../progress.ts'
import { packForEngine } from '../engine/archive.ts'
import type { Image, Receipt } from '../image.ts'

export type WriteArchiveOptions = {
  /** `repo:tag`s that `docker load` gives it. */
  readonly references?: readonly string[]
  readonly progress?: Progress
  readonly signal?: AbortSignal | undefined
}

/**
 * Writes an image as one tar that is both: an OCI layout (`oci-archive:` of skopeo and podman) and what `docker load` takes.
 * The file appears as a whole or not at all.
 * @throws FlambeError `DESTINATION_INVALID`, `DISK_FULL`, `DENIED`, `SOURCE_INVALID`.
 */
export async function writeArchive(
  image: Image,
  file: string,
  { references = [], progress = silent, signal }: WriteArchiveOptions = {},
): Promise<Receipt> {
  const temporary = unfinishedName(file)
  const total = [...image.layers, image.config, image.manifest].reduce((sum, { size }) => sum + size, 0)
  let bytesSent = 0
  try {
    if ((await stat(file).catch(() => undefined))?.isDirectory()) throw taken(file)
    await mkdir(dirname(file), { recursive: true })
    await removeUnfinished(file)
    await step(progress, { title: `write ${file}`, total }, async (id) => {
      await using out = await open(temporary, 'wx', 0o644)
      for await (const chunk of packForEngine(image, { references, signal })) {
        signal?.throwIfAborted()
        await out.writeFile(chunk)
        bytesSent += chunk.length
        progress({ type: 'bytes', id, count: chunk.length })
      }
    })
    await rename(temporary, file)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    signal?.throwIfAborted()
    throw fileFailure(error, `writing ${file}`)
  }
  return { reference: file, digest: image.manifest.digest, bytesSent }
}

function taken(file: string): FlambeError {
  return new FlambeError('DESTINATION_INVALID', `${file} is a folder, and this output is one file`, {
    hint: 'choose another --output',
  })
}
