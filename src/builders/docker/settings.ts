import { basename, isAbsolute, join } from 'node:path'
import type { Blueprint } from '../../component/index.ts'
import type { Json } from '../../construct/index.ts'
import { FlambeError } from '../../errors.ts'
import type { Environment, ImagePlatform, RegistryOptions } from '../../image/index.ts'
import { formatReference, hostPlatform, parseReference } from '../../image/index.ts'
import { type Output, parseOutput } from './output.ts'
import { defaultBase, patterns } from './parameters.ts'

type Scalar = string | number | boolean

/** What a spec says of an image: the arguments of `!DockerBuilder`. */
export type DockerArguments = {
  readonly component: Blueprint
  readonly image?: string | readonly string[]
  readonly base?: string
  readonly buildArgs?: Readonly<Record<string, Scalar>>
  readonly platform?: string
  readonly output?: string
  readonly push?: boolean
  readonly labels?: Readonly<Record<string, Scalar>>
  readonly env?: Readonly<Record<string, Scalar>>
  readonly user?: string | number
  readonly compression?: 'gzip' | 'zstd'
  readonly name?: string
  readonly serve?: Readonly<Record<string, Json>>
}

/** What a command line says of it, and where it was given. */
export type DockerOptions = {
  /** Build an image although the spec says `!Builder`. */
  readonly docker?: boolean
  /** Take the place of `image`. */
  readonly tags?: readonly string[]
  readonly base?: string
  /** `NAME=VALUE`, beside and instead of the spec's. */
  readonly buildArgs?: readonly string[]
  readonly platform?: string
  readonly output?: string
  readonly push?: boolean
  /** `NAME=VALUE`, beside and instead of the spec's. */
  readonly labels?: readonly string[]
  readonly env?: readonly string[]
  readonly user?: string
  /** Tell what would be made and sent, and send nothing. */
  readonly dryRun?: boolean
  /** Where its relative paths start. */
  readonly directory?: string
  /** Environment variables and home of whoever builds: credentials, engines, `SOURCE_DATE_EPOCH`. */
  readonly environment?: Environment
  readonly home?: string
  /** How to reach registries. The login is for that of the first name. */
  readonly registry?: Pick<RegistryOptions, 'login' | 'insecure' | 'caFile'>
  /** Refuse to move a tag in a registry. */
  readonly noClobber?: boolean
  /** Ask the registry of the base what its tag is now, however lately that was asked. */
  readonly pull?: boolean
  /** Ask no registry for the base: what is not in the cache is an error. */
  readonly offline?: boolean
}

/** How an image is to be made: checked, and whole. */
export type DockerSettings = {
  readonly name: string
  /** With registry and tag, as given else; the first is the main one. */
  readonly references: readonly string[]
  readonly base: string
  /** What the base's path is relative to. */
  readonly baseDirectory: string
  /** Of a base that is built. */
  readonly buildArgs: Readonly<Record<string, string>>
  readonly platforms: readonly ImagePlatform[]
  /** Absent where it is to be found out. */
  readonly output?: Output
  readonly push: boolean
  readonly labels: Readonly<Record<string, string>>
  readonly env: Readonly<Record<string, string>>
  readonly user?: string
  readonly compression: 'gzip' | 'zstd'
  readonly serve?: Readonly<Record<string, Json>>
}

/**
 * The settings of spec and command line together, the command line first.
 * @throws FlambeError `REFERENCE_INVALID`, `USAGE`.
 */
export function dockerSettings(
  given: DockerArguments,
  options: DockerOptions,
  { directory }: { readonly directory: string },
): DockerSettings {
  const { tags = [], directory: here = directory } = options
  const images = tags.length > 0 ? tags : [given.image ?? []].flat()
  const name = given.name ?? basename(images[0]?.replace(/:[^/]*$/, '') ?? directory)
  const references = images.length > 0 ? images : [`${nameForm(name)}:latest`]
  const push = options.push ?? given.push ?? false
  if (push && images.length === 0) throw unnamed(name)
  const user = options.user ?? given.user
  const output = options.output ?? given.output
  const outputBase = options.output === undefined ? directory : here
  return {
    name,
    references: references.map(checkReference),
    base: options.base ?? given.base ?? defaultBase,
    baseDirectory: options.base === undefined ? directory : here,
    buildArgs: {
      ...texts(given.buildArgs),
      ...pairs('--build-arg', options.buildArgs, patterns.variable),
    },
    platforms: parsePlatforms(options.platform ?? given.platform),
    ...(output !== undefined && { output: parseOutput(output, (path) => absolute(path, outputBase)) }),
    push,
    labels: { ...texts(given.labels), ...pairs('--label', options.labels, patterns.label) },
    env: { ...texts(given.env), ...pairs('--env', options.env, patterns.variable) },
    ...(user !== undefined && { user: checkUser(`${user}`) }),
    compression: given.compression ?? 'gzip',
    ...(given.serve && { serve: given.serve }),
  }
}

/** Nobody means the official images of Docker Hub, where a name alone would go. */
function unnamed(name: string): FlambeError {
  return new FlambeError(
    'USAGE',
    'a push needs a name with its registry, and neither --tag nor "image" gives one',
    {
      hint: `add --tag, such as --tag ghcr.io/me/${nameForm(name)}:v1`,
    },
  )
}

function checkReference(text: string): string {
  const { digest, tag } = parseReference(text)
  if (digest !== undefined) {
    throw new FlambeError(
      'REFERENCE_INVALID',
      `"${text}" has a digest, and that of a new image is not chosen`,
      {
        hint: `write ${text.slice(0, text.indexOf('@'))}`,
      },
    )
  }
  return tag === undefined ? `${text}:latest` : text
}

function parsePlatforms(text: string | undefined): readonly ImagePlatform[] {
  if (text === undefined) return [hostPlatform()]
  if (!new RegExp(patterns.platform).test(text)) {
    throw new FlambeError('USAGE', `"${text}" is no platform`, {
      hint: 'write linux/amd64 or linux/arm64, or several with commas between',
    })
  }
  const platforms = [...new Set(text.split(','))].map((one): ImagePlatform => {
    const [os = '', architecture = '', variant] = one.split('/')
    return { os, architecture, ...(variant !== undefined && { variant }) }
  })
  return platforms
}

function checkUser(user: string): string {
  if (new RegExp(patterns.user).test(user)) return user
  throw new FlambeError('USAGE', `"${user}" is no user`, {
    hint: 'write UID or UID:GID, such as 65532:65532',
  })
}

function pairs(flag: string, given: readonly string[] = [], pattern: string): Record<string, string> {
  const entries = given.map((text): [string, string] => {
    const at = text.indexOf('=')
    const name = text.slice(0, Math.max(0, at))
    if (new RegExp(pattern).test(name) && !text.includes('\0')) return [name, text.slice(at + 1)]
    // The value may be a secret.
    throw new FlambeError('USAGE', `${flag} takes NAME=VALUE, and got "${at < 0 ? text : `${name}=…`}"`, {
      hint: `write ${flag} ${at < 0 && new RegExp(pattern).test(text) ? text : 'NAME'}=VALUE`,
    })
  })
  return Object.fromEntries(entries)
}

function texts(values: Readonly<Record<string, Scalar>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, `${value}`]))
}

/** A name that a repository may have. */
function nameForm(name: string): string {
  const form = name.toLowerCase().replace(/[^a-z0-9._-]+/g, '-')
  return parseReferenceOr(form.replace(/^[._-]+|[._-]+$/g, '').replace(/[._-]{2,}/g, '-'), 'component')
}

function parseReferenceOr(name: string, other: string): string {
  return name === '' ? other : (formatReference(parseReference(name)).split('/').at(-1) ?? other)
}

const absolute = (path: string, directory: string) => (isAbsolute(path) ? path : join(directory, path))
