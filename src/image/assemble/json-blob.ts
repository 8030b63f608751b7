import { sha256 } from '../../files/index.ts'
import type { Image } from '../image.ts'
import { canonicalJson } from './canonical-json.ts'

/** A value as a blob: its canonical JSON, under its digest. */
export function jsonBlob(mediaType: string, value: object): Image['config'] {
  const bytes = new TextEncoder().encode(canonicalJson(value))
  return { mediaType, digest: `sha256:${sha256(bytes)}`, size: bytes.length, bytes }
}
