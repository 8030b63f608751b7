import { homedir } from 'node:os'
import type { ImageOptions } from '../builders/index.ts'
import { FlambeError } from '../errors.ts'
import type { ImagePlatform } from '../image/index.ts'
import type { Session } from './command.ts'
import { registryOptions } from './registry-flags.ts'

type ImageFlags = {
  readonly platform?: string | undefined
  readonly insecure?: boolean | undefined
  readonly 'ca-file'?: string | undefined
}

/** Where an image may be looked for: the flags, with what the environment says of engines and registries. */
export function imageOptions({ platform, ...flags }: ImageFlags, session: Session): ImageOptions {
  const { cacheDirectory, progress, signal } = session
  return {
    environment: process.env,
    home: homedir(),
    registry: registryOptions(flags, session),
    ...(platform !== undefined && { platform: parsePlatform(platform) }),
    cacheDirectory,
    progress,
    signal,
  }
}

function parsePlatform(text: string): ImagePlatform {
  const [os, architecture, variant] = text.split('/')
  if (os && architecture) return { os, architecture, ...(variant && { variant }) }
  throw new FlambeError('USAGE', `"${text}" is no platform`, { hint: 'write linux/amd64 or linux/arm64' })
}
