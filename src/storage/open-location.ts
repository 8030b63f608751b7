import {
  type LoadOptions,
  loadArtifact,
  type OpenedArtifact,
  type OpenOptions,
  openArtifact,
} from '../artifact/index.ts'
import type { ComponentObject } from '../construct/index.ts'
import type { S3Options } from './s3/options.ts'

export type OpenLocationOptions = OpenOptions & {
  readonly s3?: S3Options
  /** Bring the manifest alone, where the artifact is not on this machine. */
  readonly manifestOnly?: boolean
}

/** Opens an artifact wherever it is: a folder, a `.tar.gz`, `http(s)://`, `s3://`. */
export async function openLocation(
  location: string,
  options: OpenLocationOptions = {},
): Promise<OpenedArtifact> {
  if (location.startsWith('s3://')) {
    const { openS3Artifact } = await import('./s3/open.ts')
    return openS3Artifact(location, options)
  }
  if (/^https?:\/\//i.test(location)) {
    const { openUrlArtifact } = await import('./s3/open-url.ts')
    return openUrlArtifact(location, options)
  }
  return openArtifact(location, options)
}

/**
 * Brings back the object that an artifact holds: its class, config and state. Installs nothing, and runs no
 * code but the component's own.
 *
 * @param location a folder (of the whole, or of a part), a `.tar.gz`, `s3://bucket/path`, or an `http(s)://` URL of a
 * `.tar.gz` or of a folder that anybody may read.
 * @throws FlambeError `ARTIFACT_NOT_FOUND`, `ARTIFACT_DAMAGED`, `ARTIFACT_UNSUPPORTED`, `ARTIFACT_UNSAFE`,
 * `VERSION_MISMATCH`, `COMPONENT_FAILED`; `UNAVAILABLE` and `DENIED` where the place is far.
 * @example
 * const engine = await load('s3://my-bucket')
 */
export async function load(
  location: string,
  options: LoadOptions & { readonly s3?: S3Options } = {},
): Promise<ComponentObject> {
  return loadArtifact(await openLocation(location, options), options)
}
