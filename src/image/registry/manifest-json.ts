import type { Descriptor, ImagePlatform } from '../image.ts'
import { indexTypes, manifestTypes } from './media-types.ts'

/** What we read of a manifest or an index: https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md */
export type ManifestJson = { readonly mediaType: string } & (
  | { readonly kind: 'manifest'; readonly config: Descriptor; readonly layers: readonly Descriptor[] }
  | { readonly kind: 'index'; readonly manifests: readonly Descriptor[] }
)

/** What we read of a config: https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md */
export type ConfigJson = { readonly platform: ImagePlatform; readonly diffIds: readonly string[] }

type Json = { readonly [key: string]: unknown }

/** Undefined for what is neither, such as Docker's old schema 1. The type stands in the JSON, or beside it, or shows in its form. */
export function parseManifest(bytes: Uint8Array, contentType = ''): ManifestJson | undefined {
  const json = parseJson(bytes)
  if (!json) return undefined
  const stated = typeof json['mediaType'] === 'string' ? json['mediaType'] : contentType
  if (Array.isArray(json['manifests']) && !manifestTypes.includes(stated)) {
    const manifests = json['manifests'].map(parseDescriptor)
    const mediaType = indexTypes.includes(stated) ? stated : (indexTypes[0] ?? '')
    return manifests.every((one) => one !== undefined) ? { kind: 'index', mediaType, manifests } : undefined
  }
  const config = parseDescriptor(json['config'])
  if (!config || !Array.isArray(json['layers']) || indexTypes.includes(stated)) return undefined
  const layers = json['layers'].map(parseDescriptor)
  const mediaType = manifestTypes.includes(stated) ? stated : (manifestTypes[0] ?? '')
  return layers.every((one) => one !== undefined)
    ? { kind: 'manifest', mediaType, config, layers }
    : undefined
}

/** Whether it may be a manifest of any kind, also of one that we do not read: all state the version of their schema. */
export function isManifest(bytes: Uint8Array): boolean {
  return typeof parseJson(bytes)?.['schemaVersion'] === 'number'
}

/** Undefined for what is not the config of an image. */
export function parseConfig(bytes: Uint8Array): ConfigJson | undefined {
  const json = parseJson(bytes)
  const platform = parsePlatform(json)
  const { diff_ids: diffIds } = (json?.['rootfs'] ?? {}) as Json
  if (!platform || !Array.isArray(diffIds) || !diffIds.every(isDigest)) return undefined
  return { platform, diffIds }
}

function parseJson(bytes: Uint8Array): Json | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return typeof value === 'object' && value !== null ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

function parseDescriptor(value: unknown): Descriptor | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { mediaType, digest, size, annotations, platform } = value as Json
  if (typeof mediaType !== 'string' || !isDigest(digest)) return undefined
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined
  const parsed = parsePlatform(platform)
  const notes = parseAnnotations(annotations)
  return {
    mediaType,
    digest,
    size,
    ...(notes && { annotations: notes }),
    ...(parsed && { platform: parsed }),
  }
}

function parsePlatform(value: unknown): ImagePlatform | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { os, architecture, variant } = value as Json
  if (typeof os !== 'string' || typeof architecture !== 'string') return undefined
  return { os, architecture, ...(typeof variant === 'string' && variant !== '' && { variant }) }
}

function parseAnnotations(value: unknown): { readonly [key: string]: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  return Object.fromEntries(Object.entries(value).filter(([, one]) => typeof one === 'string'))
}

/** Of the only kind that is used. */
export function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value)
}
