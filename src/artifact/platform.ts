import { FlambeError } from '../errors.ts'
import { libcOf, readElf } from '../files/index.ts'
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
export function assertPlatform({ name, platform }: Manifest, given?: Platform): void {
  if (!platform) return
  const host = given ?? hostPlatform()
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

/** What Node is linked with. Its own report says so of every Node, but takes milliseconds to make. */
function hostLibc(): 'glibc' | 'musl' {
  const elf = readElf(process.execPath)
  return (elf && libcOf(elf).libc) ?? reportedLibc()
}

function reportedLibc(): 'glibc' | 'musl' {
  const { report } = process
  const { excludeNetwork } = report as { readonly excludeNetwork?: boolean }
  // It would look up the names of all hosts that this process is connected to.
  Object.assign(report, { excludeNetwork: true })
  const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } }
  Object.assign(report, { excludeNetwork })
  return header.glibcVersionRuntime ? 'glibc' : 'musl'
}
