import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { FlambeError } from '../../errors.ts'
import type { Base, Image, Layer } from '../image.ts'
import { compressLayer } from '../layer/compress-layer.ts'
import { pullImage } from '../registry/pull.ts'
import { formatReference, parseReference } from '../registry/reference.ts'
import { engineImage } from './engine-image.ts'
import { findNode } from './find-node.ts'
import { hostBase } from './host/host-base.ts'
import { openLocalImage } from './local/local-image.ts'
import { baseKinds, isPathAlone, meantBase } from './mistaken.ts'
import type { BaseOptions } from './options.ts'
import { plainManifest } from './plain-image.ts'

/**
 * What an image is put on, by where it is:
 *
 * - `host`: the Node of this process and what it needs
 * - `oci:DIR` or `oci:FILE.tar`, with `:NAME` where there are several: an OCI layout
 * - `docker-archive:FILE`: what `docker save` writes
 * - `docker-daemon:NAME`: an image of the engine
 * - `dockerfile:PATH`: built by the engine, from a Dockerfile or the folder that has one
 * - anything else: a reference in a registry, whose layers are downloaded only if somebody reads them
 *
 * @throws FlambeError `IMAGE_INVALID` for what is no image, not for the platform, or without a Node that serves; and what registries and engines throw.
 */
export async function openBase(location: string, options: BaseOptions): Promise<Base> {
  if (location === 'host') return hostBase(options)
  const { image, ...named } = await openImage(location, options)
  return { image, ...named, node: await findNode(image, { name: location, ...options }) }
}

type Found = { readonly image: Image; readonly name?: string; readonly digest?: string }

async function openImage(location: string, options: BaseOptions): Promise<Found> {
  const { directory, platform, env, home, offline, cacheDirectory, progress, signal } = options
  const [kind, rest] = split(location)
  if (kind === 'oci') return { image: await openLayout(resolve(directory, rest), { platform }) }
  if (kind !== '') {
    const image =
      kind === 'docker-archive'
        ? await openLocalImage(resolve(directory, rest), { platform })
        : await engineImage(kind, rest, options)
    return { image: await compressedImage(image, options) }
  }
  const meant = meantBase(location, directory)
  if (isPathAlone(location)) {
    throw new FlambeError(
      'IMAGE_INVALID',
      `the base "${location}" is a path, and does not say of what kind`,
      {
        ...(meant && { hint: meant }),
      },
    )
  }
  const image = await pullImage(location, {
    ...options.registry,
    cacheDirectory,
    env,
    ...(home !== undefined && { home }),
    ...(platform && { platform }),
    ...(offline !== undefined && { offline }),
    ...(options.maxAge !== undefined && { maxAge: options.maxAge }),
    ...(progress && { progress }),
    ...(signal && { signal }),
  }).catch((cause) => {
    throw cause instanceof FlambeError ? unreachable(location, cause, meant) : cause
  })
  return { image, name: formatReference(parseReference(location)), digest: image.manifest.digest }
}

function unreachable(location: string, cause: FlambeError, meant: string | undefined): FlambeError {
  const own = 'build on --base host, which needs no registry and no network'
  const hints = [meant ?? cause.hint, ...(cause.code === 'UNAVAILABLE' && !meant ? [own] : [])]
  return new FlambeError(cause.code, `the base ${location} cannot be had: ${cause.message}`, {
    cause,
    hint: hints.filter(Boolean).join('; or '),
  })
}

/** With small layers, as registries want them. */
async function compressedImage({ layers, ...image }: Image, options: BaseOptions): Promise<Image> {
  const small: Layer[] = []
  for (const layer of layers) small.push(await compressLayer(layer, options))
  return { ...image, layers: small, manifest: plainManifest(small, image.config) }
}

function split(location: string): readonly [(typeof baseKinds)[number] | '', string] {
  const colon = location.indexOf(':')
  const kind = baseKinds.find((one) => location.slice(0, Math.max(0, colon)) === one)
  if (kind === undefined) return ['', location]
  const rest = location.slice(colon + 1)
  if (rest !== '') return [kind, rest]
  throw new FlambeError('IMAGE_INVALID', `the base "${location}" does not say which`, {
    hint: `write ${kind}:${kind === 'docker-daemon' ? 'NAME' : 'PATH'}`,
  })
}

/** `DIR` or `DIR:NAME`; a colon may be part of a path. */
function openLayout(path: string, options: Pick<BaseOptions, 'platform'>): Promise<Image> {
  const colon = path.lastIndexOf(':')
  if (existsSync(path) || colon < 0) return openLocalImage(path, options)
  return openLocalImage(path.slice(0, colon), { ...options, name: path.slice(colon + 1) })
}
