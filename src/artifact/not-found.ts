import { readdir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { manifestName } from './manifest.ts'

const mostNamed = 3

/** What to say where a folder has no manifest: the artifacts that lie in it, or beside the name that is missing. */
export async function artifactNotFound(
  directory: string,
  { location, cause }: { readonly location: string; readonly cause: unknown },
): Promise<FlambeError> {
  const isThere = await exists(directory)
  const near = isThere
    ? (await artifactsIn(directory)).map((name) => join(location, name))
    : (await artifactsIn(dirname(directory))).map((name) => join(dirname(location), name))
  const form = `an artifact is a folder with ${manifestName} in it, or a .tar.gz: what flambe build or save wrote`
  return new FlambeError(
    'ARTIFACT_NOT_FOUND',
    isThere
      ? `${location} is no artifact: it has no ${manifestName}`
      : `Path: '${location}' does not exist locally.`,
    { cause, hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `check the path: ${form}` },
  )
}

async function artifactsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => [])
  const names: string[] = []
  for (const name of entries.sort()) {
    if (names.length === mostNamed) break
    if (!name.startsWith('.') && (await exists(join(folder, name, manifestName)))) names.push(name)
  }
  return names
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
