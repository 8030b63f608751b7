import { FlambeError } from '../../errors.ts'
import type { Image, Layer } from '../image.ts'
import { layerEntries } from '../layer-entries.ts'

/** Where Node is where nothing tells: distroless, node's own images, distributions. */
const usualFolders = ['/nodejs/bin', '/usr/local/bin', '/usr/bin', '/opt/nodejs/bin', '/bin']

/** The oldest that the runtime runs on. */
const oldest = [22, 15] as const

export type FindNodeOptions = {
  /** For people. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
}

/**
 * Absolute path of `node` in an image. Most images tell it in their config; the layers of others are read, from the top, until it shows.
 * @throws FlambeError `IMAGE_INVALID` where there is none, or it is too old.
 */
export async function findNode(image: Image, { name, signal }: FindNodeOptions): Promise<string> {
  const { env, command } = parseStart(image)
  checkVersion(env['NODE_VERSION'], name)
  const [program = ''] = command
  if (/^\/.*\/node(js)?$/.test(program)) return program
  // https://github.com/nodejs/docker-node: its images set NODE_VERSION and put Node there, and so does the base "host".
  if (env['NODE_VERSION'] && env['PATH']?.split(':').includes('/usr/local/bin')) return '/usr/local/bin/node'
  const folders = [...new Set([...(env['PATH']?.split(':') ?? []), ...usualFolders])]
  for (const layer of image.layers.toReversed()) {
    const found = await nodeIn(layer, { folders, signal })
    if (found) return found
  }
  throw new FlambeError(
    'IMAGE_INVALID',
    `${name} has no Node in it: there is no node in ${folders.join(', ')}`,
    {
      hint: 'use an image of Node, such as gcr.io/distroless/nodejs24-debian13:nonroot or node:24-slim',
    },
  )
}

function checkVersion(version: string | undefined, name: string): void {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number)
  if (!version || !(major < oldest[0] || (major === oldest[0] && minor < oldest[1]))) return
  throw new FlambeError(
    'IMAGE_INVALID',
    `${name} has Node ${version}, and ${oldest.join('.')} is the oldest that serves`,
    {
      hint: 'use a newer image of Node, such as node:24-slim',
    },
  )
}

async function nodeIn(
  layer: Layer,
  { folders, signal }: { readonly folders: readonly string[]; readonly signal: AbortSignal | undefined },
): Promise<string | undefined> {
  for await (const { header } of layerEntries(layer, { signal })) {
    const path = `/${header.name.replace(/^\.?\//, '')}`
    const isNode = folders.some((folder) => path === `${folder}/node`)
    if (isNode && header.type !== 'directory') return path
  }
  return undefined
}

type Start = {
  readonly env: { readonly [name: string]: string | undefined }
  readonly command: readonly string[]
}

function parseStart({ config }: Image): Start {
  const { config: inner } = JSON.parse(Buffer.from(config.bytes).toString('utf8')) as { config?: unknown }
  const { Env, Entrypoint, Cmd } = (inner ?? {}) as { Env?: unknown; Entrypoint?: unknown; Cmd?: unknown }
  const lines = stringsOf(Env).map((line) => [
    line.slice(0, line.indexOf('=')),
    line.slice(line.indexOf('=') + 1),
  ])
  return { env: Object.fromEntries(lines), command: [...stringsOf(Entrypoint), ...stringsOf(Cmd)] }
}

const stringsOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : []
