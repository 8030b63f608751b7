import { basename } from 'node:path'
import type { Artifact, FileSource, Platform } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import {
  looksNative,
  type NativeBinary,
  parseElf,
  parseNativeBinary,
  readElf,
  readNativeBinary,
} from '../../files/index.ts'
import { formatPlatform, type ImagePlatform } from '../../image/index.ts'

/** OCI's names of processors in Node's words, where they differ. */
const architectures: { readonly [name: string]: string | undefined } = { amd64: 'x64', '386': 'ia32' }

/** Node's name of a platform's processor. */
export function nodeArchitecture({ architecture }: ImagePlatform): string {
  return architectures[architecture] ?? architecture
}

/** The platform in the words of Node, for packages' native files. */
export function packagePlatform(platform: ImagePlatform, host: Platform): Platform {
  const arch = nodeArchitecture(platform)
  const libc = host.os === 'linux' ? host.libc : undefined
  return { os: platform.os, arch, libc: libc ?? 'glibc' }
}

/**
 * Checks the native files of an artifact by their headers, and gives the names of the shared libraries that they need and the artifact
 * does not bring.
 * @throws FlambeError `IMAGE_INVALID` that names a file for another platform.
 */
export async function checkNativeFiles(
  artifact: Artifact,
  platform: ImagePlatform,
): Promise<readonly string[]> {
  const native = [...artifact.files.values()].filter(({ path }) => looksNative(path))
  const brought = new Set(native.map(({ path }) => basename(path)))
  const needed = new Set<string>()
  for (const { path, source } of native) {
    const { made, needs } = await headersOf(source)
    const fits = !made || (made.os === platform.os && made.arch === nodeArchitecture(platform))
    if (!fits) throw misfit(path, `${made.os}/${made.arch}`, platform)
    for (const name of needs) if (!brought.has(name)) needed.add(name)
  }
  return [...needed].sort()
}

function misfit(path: string, found: string, platform: ImagePlatform): FlambeError {
  return new FlambeError(
    'IMAGE_INVALID',
    `${path} is made for ${found}, and the image is for ${formatPlatform(platform)}`,
    { hint: 'install the package that it belongs to for that platform, or choose another --platform' },
  )
}

type Headers = { readonly made?: NativeBinary | undefined; readonly needs: readonly string[] }

/** What a native file is made for, and the libraries that it needs; nothing of a file that only has such a name. */
async function headersOf(source: FileSource): Promise<Headers> {
  const bytes = source.kind === 'bytes' ? Buffer.concat(source.chunks) : undefined
  const elf = source.kind === 'file' ? readElf(source.path) : bytes && parseElf(bytes)
  if (elf) return { made: { os: 'linux', arch: elf.arch }, needs: elf.needed }
  const made =
    source.kind === 'file' ? await readNativeBinary(source.path) : bytes && parseNativeBinary(bytes)
  return { made, needs: [] }
}
