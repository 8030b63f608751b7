import { FlambeError } from '../errors.ts'
import type { Manifest, Platform } from './manifest.ts'

/** The platform of this process. */
export function hostPlatform(): Platform {
  return {
    os: process.platform,
    arch: process.arch,
    ...(process.platform === 'linux' && { libc: hostLibc() }),
  }
}

/** Fails where the artifact's native files are made for another platform than this process runs on. */
export function assertPlatform({ name, platform }: Manifest, host = hostPlatform()): void {
  if (!platform) return
  const fits =
    platform.os === host.os && platform.arch === host.arch && (!platform.libc || platform.libc === host.libc)
  if (fits) return
  throw new FlambeError(
    'ARTIFACT_UNSUPPORTED',
    `${name} has native files for ${describe(platform)}, and this is ${describe(host)}`,
    {
      hint: 'build it on this platform, or with --platform',
    },
  )
}

const describe = ({ os, arch, libc }: Platform) => [os, arch, libc].filter(Boolean).join('/')

function hostLibc(): 'glibc' | 'musl' {
  const { header } = process.report.getReport() as {
    readonly header: { readonly glibcVersionRuntime?: string }
  }
  return header.glibcVersionRuntime ? 'glibc' : 'musl'
}
