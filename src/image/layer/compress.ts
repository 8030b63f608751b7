import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, zstdCompress } from 'node:zlib'
import type { Compression } from '../plan/image-plan.ts'
import { blocksOf, mapAhead } from './blocks.ts'

const blockBytes = 2 ** 20
const dictionaryBytes = 2 ** 15
const gzipLevel = 6
const zstdLevel = 3
const frameBytes = 4 * 2 ** 20

/** https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md#zstd-media-types */
export const layerTypes: { readonly [name in Compression]: string } = {
  none: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
}

/** What decides the compressed bytes beside the bytes themselves; part of each key under which they are kept. */
export function envelopeOf(compression: Compression): string {
  const { zlib, zstd } = process.versions
  return {
    none: 'tar 1',
    gzip: `tar 1, gzip ${gzipLevel} in blocks of ${blockBytes}, zlib ${zlib} ${process.arch}`,
    zstd: `tar 1, zstd ${zstdLevel} in frames of ${frameBytes}, zstd ${zstd} ${process.arch}`,
  }[compression]
}

/** The bytes, compressed on all processors: the same whatever their number, and however the chunks came. */
export function compressed(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
): AsyncIterable<Uint8Array> {
  if (compression === 'gzip') return gzipped(chunks)
  return compression === 'zstd' ? zstdCompressed(chunks) : chunks
}

/**
 * One gzip member of blocks that are deflated side by side: each ends at a byte boundary, and knows the 32 KiB before it.
 * https://www.rfc-editor.org/rfc/rfc1952
 */
async function* gzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const deflate = promisify<Uint8Array, object, Buffer>(deflateRaw)
  let sum = 0
  let size = 0
  let dictionary: Buffer | undefined
  const deflated = mapAhead(blocksOf(chunks, blockBytes), parallelism(), (block) => {
    sum = crc32(block, sum)
    size += block.length
    const options = {
      level: gzipLevel,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(dictionary && { dictionary }),
    }
    dictionary = block.subarray(-dictionaryBytes)
    return deflate(block, options)
  })
  // No time, and no system: zlib writes the one that it runs on.
  yield Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])
  yield* deflated
  const end = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  end.writeUInt32LE(sum, 2)
  end.writeUInt32LE(size % 2 ** 32, 6)
  yield end
}

/** Frames of a fixed size: a stream's bytes would depend on how it was written. https://www.rfc-editor.org/rfc/rfc8878 */
function zstdCompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compress = promisify<Uint8Array, object, Buffer>(zstdCompress)
  const params = { [constants.ZSTD_c_compressionLevel]: zstdLevel, [constants.ZSTD_c_checksumFlag]: 1 }
  return mapAhead(blocksOf(chunks, frameBytes), parallelism(), (block) => compress(block, { params }))
}

/** One more than processors: the next block is read meanwhile. Bounded, since each holds its block. */
const parallelism = () => Math.min(availableParallelism(), 8) + 1
