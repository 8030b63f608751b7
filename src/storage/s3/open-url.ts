import {
  isPart,
  keptDirectory,
  manifestName,
  type OpenedArtifact,
  openArtifact,
} from '../../artifact/index.ts'
import { FlambeError } from '../../errors.ts'
import { silent } from '../../progress.ts'
import { isArchive } from './archive.ts'
import { parseStored } from './manifest.ts'
import type { OpenS3Options } from './open.ts'
import { type FoundFolder, findNearest, openFolder } from './open-folder.ts'
import { getManifestUrl, urlSource } from './url-source.ts'

/**
 * An artifact at an `http(s)://` URL: one `.tar.gz`, or a folder that anybody may read, found by its manifest. A URL with a
 * query, as a presigned one, names one object, so it can only be an archive.
 */
export async function openUrlArtifact(
  location: string,
  options: OpenS3Options = {},
): Promise<OpenedArtifact> {
  const url = parseUrl(location)
  const isManifest = url.pathname.endsWith(`/${manifestName}`)
  if (url.search !== '' && isManifest) throw opensOneObject(url)
  if (url.search === '' && !isArchive({ bucket: '', prefix: url.pathname })) {
    const { manifestOnly = false, progress = silent } = options
    const cacheDirectory = await keptDirectory(options)
    const path = isManifest ? url.pathname.slice(0, -manifestName.length) : url.pathname
    const segments = path.split('/').filter(Boolean)
    const find = () => findFolder(url.origin, segments, options)
    const opened = await openFolder(find, { cacheDirectory, manifestOnly, progress })
    if (opened) return opened
  }
  return openArtifact(location, options)
}

/** The folder at a path, or the one that the path is a part of. Its segments are as the URL writes them. */
function findFolder(
  origin: string,
  segments: readonly string[],
  { signal }: OpenS3Options,
): Promise<FoundFolder | undefined> {
  return findNearest(segments.map(decoded), async (path) => {
    const base = [origin, ...segments.slice(0, path.length)].join('/')
    const file = `${base}/${manifestName}`
    const found = await getManifestUrl(file, { signal })
    if (!found || isPart(found.bytes, { file })) return undefined
    return {
      source: urlSource(base, { signal }),
      stored: { ...parseStored(found.bytes, file), etag: found.etag },
    }
  })
}

function parseUrl(location: string): URL {
  const url = URL.parse(location)
  if (!url) {
    const shown = location.replace(/\/\/.*@/, '//…@').replace(/\?.*/s, '')
    throw new FlambeError('ARTIFACT_NOT_FOUND', `HTTP url: '${shown}' is no URL`, {
      hint: 'write https://host/path',
    })
  }
  if (url.username === '' && url.password === '') return url
  throw new FlambeError(
    'ARTIFACT_UNSUPPORTED',
    `HTTP url: '${url.origin}${url.pathname}' comes with a login, which is not sent`,
    { hint: 'use a presigned URL, or one that anybody may read' },
  )
}

/** The text of a part of a path; as it stands where it is not escaped as it should be. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

function opensOneObject({ origin, pathname }: URL): FlambeError {
  return new FlambeError(
    'ARTIFACT_UNSUPPORTED',
    `HTTP url: '${origin}${pathname}' is the manifest of an artifact of several objects, and a URL with a query opens this one alone`,
    {
      hint: 'presign one .tar.gz (flambe push --compress makes it), let anybody read the folder and name it without a query, or name it by s3://',
    },
  )
}
