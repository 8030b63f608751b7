import type { IncomingMessage } from 'node:http'
import { FlambeError } from '../../errors.ts'
import { takeChunks } from './chunks.ts'
import { payer } from './options.ts'
import { attempt, type S3Session } from './session.ts'

/** An object to read: its key, and its name for people. */
export type Readable = {
  readonly key: string
  readonly name: string
  /** Bytes, where all of it may be wanted: a request for the whole needs no range. */
  readonly size?: number
}

/**
 * Where the bytes of a stretch go, at their position in the whole. Called in order; again from `start` on a new try. The
 * chunk is good during the call only.
 */
export type Take = (chunk: Uint8Array, position: number) => void | Promise<void>

/** Bytes of an object from `start` up to `end`, and who takes them. */
export type Stretch = { readonly start: number; readonly end: number; readonly take: Take }

/** Reads the bytes from `start` up to `end`, trying again what breaks off. */
export async function readStretch(
  session: S3Session,
  { key, size, name }: Readable,
  { start, end, take }: Stretch,
): Promise<void> {
  const { sdk, location, options } = session
  if (start === end) return
  const whole = start === 0 && end === size
  const input = {
    Bucket: location.bucket,
    Key: key,
    ...(!whole && { Range: `bytes=${start}-${end - 1}` }),
    ...payer(options),
  }
  await attempt(session, `reading ${name} of`, async (client, abort) => {
    const { Body } = await client.send(new sdk.GetObjectCommand(input), abort)
    let position = start
    await takeChunks(Body as IncomingMessage, async (chunk) => {
      await take(chunk, position)
      position += chunk.length
    })
    if (position !== end) throw endsEarly(name, position, end)
  })
}

export function endsEarly(name: string, position: number, end: number): FlambeError {
  return new FlambeError('ARTIFACT_DAMAGED', `${name} ends at ${position} of ${end} bytes`, {
    hint: damagedHint,
  })
}

export const damagedHint =
  'the object was changed behind the manifest: remove the artifact (flambe rm) and build or push it again'
