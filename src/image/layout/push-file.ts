import { existsSync } from 'node:fs'
import { sha256 } from '../../files/index.ts'
import { archiveImage } from '../base/local/archive-image.ts'
import { type FileSet, readSmall } from '../base/local/file-set.ts'
import { named, readBlob } from '../base/local/layout-image.ts'
import { openFileSet } from '../base/local/open-file-set.ts'
import { invalid } from '../base/local/refuse.ts'
import { blobPath } from '../blob-path.ts'
import type { Descriptor, Receipt } from '../image.ts'
import { type Content, contentOf, type NamedBlob } from '../registry/content.ts'
import { parseManifest } from '../registry/manifest-json.ts'
import { pushContent } from '../registry/push.ts'
import type { PushOptions } from '../registry/push-setup.ts'

/**
 * Pushes what lies in a file or folder, byte by byte as it is, with all platforms of an index: `PATH` of an OCI layout (folder or tar) or of what
 * `docker save` writes, with `:NAME` where it has several images. Throws `IMAGE_INVALID`, and as `pushImage` does.
 */
export async function pushFile(path: string, to: string, options: PushOptions = {}): Promise<Receipt> {
  return pushContent(await fileContent(path), to, options)
}

async function fileContent(text: string): Promise<Content> {
  const { path, name } = splitName(text)
  const files = await openFileSet(path)
  const index = await readSmall(files, 'index.json')
  if (index) return layoutContent(files, index, name)
  const list = await readSmall(files, 'manifest.json')
  if (list) return contentOf(await archiveImage(files, list, { name, platform: undefined }))
  throw invalid(
    files,
    'it has neither index.json (an OCI layout) nor manifest.json (what `docker save` writes)',
  )
}

async function layoutContent(files: FileSet, index: Buffer, name: string | undefined): Promise<Content> {
  const top = parseManifest(index)
  if (top?.kind !== 'index') throw invalid(files, 'its index.json is no index')
  const manifests = named(files, top.manifests, name)
  const [first, ...others] = [...new Map(manifests.map((one) => [one.digest, one])).values()]
  if (!first) throw invalid(files, 'its index.json names nothing')
  if (others.length === 0) return content(files, first)
  const names = manifests.flatMap(
    ({ annotations }) => annotations?.['org.opencontainers.image.ref.name'] ?? [],
  )
  if (names.length > 0) throw invalid(files, 'it has several', `say which: ${files.name}:${names[0]}`)
  // Platforms side by side, as some tools lay them out: the index of the layout is that of the image.
  const digest = `sha256:${sha256(index)}`
  const manifest = { mediaType: top.mediaType, digest, size: index.length, bytes: index }
  return { manifest, blobs: [], children: await Promise.all(manifests.map((one) => content(files, one))) }
}

async function content(files: FileSet, descriptor: Descriptor): Promise<Content> {
  const { digest, size, mediaType } = descriptor
  const bytes = await readBlob(files, descriptor)
  const json = parseManifest(bytes, mediaType)
  if (!json) throw invalid(files, `${digest} is no manifest of an image`)
  const manifest = { mediaType: json.mediaType, digest, size, bytes }
  if (json.kind === 'index') {
    return {
      manifest,
      blobs: [],
      children: await Promise.all(json.manifests.map((one) => content(files, one))),
    }
  }
  const blob = (one: Descriptor, title: string): NamedBlob => ({
    ...one,
    title,
    open: (options) => files.open(blobPath(one.digest), options),
  })
  return {
    manifest,
    blobs: [...json.layers.map((layer) => blob(layer, 'layer')), blob(json.config, 'config')],
    children: [],
  }
}

/** A colon may be part of a path. */
function splitName(text: string): { readonly path: string; readonly name: string | undefined } {
  const colon = text.lastIndexOf(':')
  if (colon <= 0 || existsSync(text)) return { path: text, name: undefined }
  return { path: text.slice(0, colon), name: text.slice(colon + 1) }
}
