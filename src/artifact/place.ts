import { copyFile, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileFailure, inParallel } from '../files/index.ts'
import type { Artifact, ArtifactFile } from './artifact.ts'
import { manifestName } from './manifest.ts'
import { type OpenedArtifact, openArtifact } from './open.ts'
import { encodeManifest } from './parse-manifest.ts'

/**
 * Puts an artifact into an empty folder to be loaded from there, as long as its sources are there: assets, which may be
 * large, are links to where they lie.
 */
export async function placeArtifact(artifact: Artifact, directory: string): Promise<OpenedArtifact> {
  const folders = new Set([...artifact.files.keys()].map((path) => dirname(join(directory, path))))
  for (const folder of folders) await mkdir(folder, { recursive: true })
  await inParallel(artifact.files.values(), 8, async (file) => {
    const target = join(directory, file.path)
    await put(file, target).catch((error) => {
      throw fileFailure(error, `writing ${target}`)
    })
  })
  await writeFile(join(directory, manifestName), encodeManifest(artifact.manifest))
  return openArtifact(directory)
}

async function put({ path, source, executable }: ArtifactFile, target: string): Promise<void> {
  if (source.kind === 'bytes') return writeFile(target, source.chunks, { mode: executable ? 0o755 : 0o644 })
  // Code is copied: a linked module would be resolved from where it lies.
  return path.startsWith('assets/') ? symlink(source.path, target) : copyFile(source.path, target)
}
