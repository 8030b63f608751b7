import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { assembleIndex, type Image, type ImagePlatform, type Layer } from '../../../src/image/index.ts'

const amd64: ImagePlatform = { os: 'linux', architecture: 'amd64' }

export const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A tar with one file: what every tool takes for a layer. */
export function tarOf(name: string, content: Uint8Array, { mode = 0o644 }: { mode?: number } = {}): Buffer {
  const header = Buffer.alloc(512)
  const octal = (value: number, offset: number, length: number) =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, offset)
  header.write(name, 0)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(content.length, 124, 12)
  octal(1, 136, 12)
  header.write('        ', 148)
  header.write('0', 156)
  header.write('ustar\0' + '00', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512)
  return Buffer.concat([header, content, padding, Buffer.alloc(1024)])
}

/** A blob in memory that counts how often it was opened. */
export function layerOf(
  tar: Buffer,
  {
    title = 'component',
    gzip = false,
    chunk = 2 ** 20,
  }: { title?: string; gzip?: boolean; chunk?: number } = {},
): Layer {
  const bytes = gzip ? gzipSync(tar) : tar
  return {
    mediaType: `application/vnd.oci.image.layer.v1.tar${gzip ? '+gzip' : ''}`,
    digest: digestOf(bytes),
    size: bytes.length,
    diffId: digestOf(tar),
    title,
    async *open({ start = 0 } = {}) {
      for (let at = start; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk)
    },
  }
}

/** A layer of random bytes; about `size` of them. */
export function randomLayer(
  size: number,
  options: { title?: string; gzip?: boolean; chunk?: number } = {},
): Layer {
  return layerOf(tarOf('data.bin', randomBytes(size)), options)
}

/** An image of these layers, whole and valid. */
export function imageOf(
  layers: readonly Layer[],
  { platform = amd64, env = [] }: { platform?: ImagePlatform; env?: readonly string[] } = {},
): Image {
  const config = jsonBlob('application/vnd.oci.image.config.v1+json', {
    ...platform,
    config: { Env: env },
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ title }) => ({ created_by: title })),
  })
  const manifest = jsonBlob('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: config.mediaType, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  })
  return { platform, layers, config, manifest }
}

/** A small image: one plain layer, one gzip layer, a config. */
export function randomImage(
  options: { sizes?: readonly number[]; platform?: ImagePlatform; env?: readonly string[] } = {},
): Image {
  const { sizes = [100_000, 3000], ...rest } = options
  const layers = sizes.map((size, index) => randomLayer(size, { gzip: index % 2 === 1 }))
  return imageOf(layers, rest)
}

export const indexOf = assembleIndex

/** All bytes of a blob. */
export async function bytesOf(blob: Pick<Layer, 'open'>, options: { start?: number } = {}): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of blob.open(options)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

export const totalSize = ({ layers, config, manifest }: Image) =>
  [...layers, config, manifest].reduce((sum, { size }) => sum + size, 0)

function jsonBlob(mediaType: string, value: unknown): Image['config'] {
  const bytes = Buffer.from(JSON.stringify(value))
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes }
}
