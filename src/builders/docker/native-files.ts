import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Artifact, FileSource } from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { looksNative, parseElf, parseNativeBinary } from '../../files/index.ts'
import { formatPlatform, type ImagePlatform } from '../../image/index.ts'

/** OCI's names of processors in Node's words, where they differ. */
const architectures: { readonly [name: string]: string | undefined } = { amd64: 'x64', '386': 'ia32' }

/** Node's name of a platform's processor. */
export function nodeArchitecture({ architecture }: ImagePlatform): string {
  return architectures[architecture] ?? architecture
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
    const bytes = await read(source)
    const binary = parseNativeBinary(bytes)
    const fits = !binary || (binary.os === platform.os && binary.arch === nodeArchitecture(platform))
    if (!fits) throw misfit(path, `${binary.os}/${binary.arch}`, platform)
    for (const name of parseElf(bytes)?.needed ?? []) if (!brought.has(name)) needed.add(name)
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

async function read(source: FileSource): Promise<Uint8Array> {
  return source.kind === 'file' ? readFile(source.path) : Buffer.concat(source.chunks)
}
