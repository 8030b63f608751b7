import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FlambeError } from '../errors.ts'
import { fileFailure } from '../files/index.ts'
import { type Progress, step } from '../progress.ts'
import type { OpenOptions } from './open.ts'
import { assertStillHttps } from './still-https.ts'
import { temporaryDirectory, unpackedDirectory } from './unpacked.ts'

/** Fetches a `.tar.gz` and gives the folder with its content. */
export async function fetchArchive(
  url: URL,
  { cacheDirectory, progress, signal }: OpenOptions & { readonly progress: Progress },
): Promise<string> {
  const place = `${url.origin}${url.pathname}`
  const folder = cacheDirectory === undefined ? await temporaryDirectory() : join(cacheDirectory, 'downloads')
  await mkdir(folder, { recursive: true })
  const archive = join(folder, `${process.pid}-${Date.now()}-${basename(url.pathname) || 'artifact.tar.gz'}`)
  try {
    const response = await get(url, { place, signal })
    const total = Number(response.headers.get('content-length')) || undefined
    await step(progress, { title: `download ${place}`, ...(total && { total }) }, (id) =>
      receive(response, archive, { place, onBytes: (count) => progress({ type: 'bytes', id, count }) }),
    )
    await rename(archive, `${archive}.tar.gz`)
    return await unpackedDirectory(`${archive}.tar.gz`, { cacheDirectory, signal })
  } finally {
    await rm(archive, { force: true })
    await rm(`${archive}.tar.gz`, { force: true })
  }
}

async function get(
  url: URL,
  { place, signal }: { place: string; signal: AbortSignal | undefined },
): Promise<Response> {
  const response = await fetch(url, signal ? { signal } : {}).catch((cause) => {
    signal?.throwIfAborted()
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause)
    throw new FlambeError('UNAVAILABLE', `HTTP url: '${place}' is not available: ${reason}`, { cause })
  })
  await assertStillHttps(url, response)
  if (response.ok) return response
  await response.body?.cancel()
  const { status } = response
  if (status === 404 || status === 410) {
    throw new FlambeError(
      'ARTIFACT_NOT_FOUND',
      `HTTP url: '${place}' is not available: there is nothing (${status})`,
      {
        hint: 'a URL names a .tar.gz, or, without a query, a folder that anybody may read and that holds flambe.json',
      },
    )
  }
  if (status === 401 || status === 403) {
    throw new FlambeError('DENIED', `HTTP url: '${place}' may not be read (${status})`, {
      hint: 'a presigned URL may have expired, and opens one object: a .tar.gz, and no folder',
    })
  }
  throw new FlambeError('UNAVAILABLE', `HTTP url: '${place}' is not available: the server answered ${status}`)
}

async function receive(
  response: Response,
  archive: string,
  { place, onBytes }: { place: string; onBytes: (count: number) => void },
): Promise<void> {
  const counter = new Transform({
    transform(chunk: Uint8Array, _, done) {
      onBytes(chunk.length)
      done(null, chunk)
    },
  })
  try {
    await pipeline(Readable.from(response.body ?? []), counter, createWriteStream(archive))
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause && 'path' in cause)
      throw fileFailure(cause, `writing ${archive}`)
    throw new FlambeError('UNAVAILABLE', `the download of '${place}' broke off`, { cause })
  }
}
