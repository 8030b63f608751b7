import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { basename, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FlambeError } from '../errors.ts'
import { fileFailure } from '../files/index.ts'
import { type Progress, step } from '../progress.ts'
import { askUrl } from './ask-url.ts'
import { keptDirectory } from './kept-directory.ts'
import type { OpenOptions } from './open.ts'
import { unpackedDirectory } from './unpacked.ts'

/** Fetches a `.tar.gz` and gives the folder with its content. */
export async function fetchArchive(
  url: URL,
  { progress, signal, ...options }: OpenOptions & { readonly progress: Progress },
): Promise<string> {
  const place = `${url.origin}${url.pathname}`
  const cacheDirectory = await keptDirectory(options)
  const folder = join(cacheDirectory, 'downloads')
  await mkdir(folder, { recursive: true })
  const archive = join(folder, `${process.pid}-${Date.now()}-${basename(url.pathname) || 'artifact.tar.gz'}`)
  try {
    const answer = await get(url, { place, signal })
    const total = Number(answer.headers['content-length']) || undefined
    await step(progress, { title: `download ${place}`, ...(total && { total }) }, (id) =>
      receive(answer, archive, { place, onBytes: (count) => progress({ type: 'bytes', id, count }) }),
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
): Promise<IncomingMessage> {
  return askUrl(url, { signal }).catch((cause) => {
    signal?.throwIfAborted()
    if (cause instanceof FlambeError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new FlambeError('UNAVAILABLE', `HTTP url: '${place}' is not available: ${reason}`, { cause })
  })
}

async function receive(
  answer: IncomingMessage,
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
    await pipeline(answer, counter, createWriteStream(archive))
  } catch (cause) {
    if (cause instanceof Error && 'syscall' in cause && 'path' in cause)
      throw fileFailure(cause, `writing ${archive}`)
    throw new FlambeError('UNAVAILABLE', `the download of '${place}' broke off`, { cause })
  }
}
