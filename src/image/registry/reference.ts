import { FlambeError } from '../../errors.ts'

/** Where an image is, or goes: https://github.com/distribution/reference/blob/v0.6.0/reference.go */
export type Reference = {
  /** Host, and port where there is one, as people write it: `docker.io` stands for Docker Hub. */
  readonly registry: string
  /** Without the host; Docker Hub's `library/` is written out. */
  readonly repository: string
  readonly tag?: string
  /** `sha256:` and 64 hex digits. */
  readonly digest?: string
}

const tagForm = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/
const digestForm = /^sha256:[0-9a-f]{64}$/
const repositoryForm = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/
const hostForm = /^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(:\d+)?$/i
const hubNames = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'registry.hub.docker.com']

/**
 * Reads `[HOST[:PORT]/]REPOSITORY[:TAG][@sha256:DIGEST]` by Docker's rules: without a host it is Docker Hub, and one bare
 * name there is under `library/`. Throws `REFERENCE_INVALID` that says which part is wrong.
 */
export function parseReference(text: string): Reference {
  if (text.trim() === '') throw invalid(text, 'it is empty')
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0]
  if (scheme)
    throw invalid(text, `it starts with "${scheme}"`, { hint: `write ${text.slice(scheme.length)}` })
  const [named = '', digest, ...more] = text.split('@')
  if (more.length > 0) throw invalid(text, 'it has more than one "@"')
  if (digest !== undefined && !digestForm.test(digest)) {
    throw invalid(text, `the digest "${digest}" is not "sha256:" and 64 hex digits in lower case`)
  }
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1)
  const name = colon < 0 ? named : named.slice(0, colon)
  const tag = colon < 0 ? undefined : named.slice(colon + 1)
  if (tag !== undefined && !tagForm.test(tag)) {
    throw invalid(text, `the tag "${tag}" is not 1 to 128 letters, digits, "_", "." or "-"`)
  }
  return {
    ...parseName(text, name),
    ...(tag !== undefined && { tag }),
    ...(digest !== undefined && { digest }),
  }
}

/** The reference as Docker's tools take it. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
}

/** Throws `REFERENCE_INVALID` if `tag` cannot be a tag. */
export function checkTag(tag: string): string {
  if (tagForm.test(tag)) return tag
  throw invalid(tag, `the tag "${tag}" is not 1 to 128 letters, digits, "_", "." or "-"`)
}

function parseName(text: string, name: string): Pick<Reference, 'registry' | 'repository'> {
  const [first = '', ...others] = name.split('/')
  const hasHost = others.length > 0 && (/[.:]/.test(first) || first.toLowerCase() === 'localhost')
  const registry = hasHost ? parseHost(text, first) : 'docker.io'
  const path = hasHost ? others.join('/') : name
  checkRepository(text, path)
  const repository = registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path
  if (registry.length + repository.length > 255) {
    throw invalid(text, 'registry and repository have more than 255 characters')
  }
  return { registry, repository }
}

function parseHost(text: string, host: string): string {
  if (!hostForm.test(host))
    throw invalid(text, `the registry "${host}" is not a host name with an optional port`)
  const port = /(?<!\[.*):(\d+)$|\]:(\d+)$/.exec(host)
  const number = Number(port?.[1] ?? port?.[2] ?? 1)
  if (number < 1 || number > 65535)
    throw invalid(text, `the port ${number} of the registry is not in 1..65535`)
  const lower = host.toLowerCase()
  return hubNames.includes(lower) ? 'docker.io' : lower
}

function checkRepository(text: string, path: string): void {
  if (path === '') throw invalid(text, 'the repository is missing')
  if (repositoryForm.test(path)) return
  const lower = path.toLowerCase()
  if (repositoryForm.test(lower)) {
    throw invalid(text, `the repository "${path}" has capital letters`, { hint: `write "${lower}"` })
  }
  throw invalid(
    text,
    `the repository "${path}" is not lower-case letters and digits, joined by ".", "_", "-" and "/"`,
  )
}

function invalid(text: string, problem: string, { hint }: { hint?: string } = {}): FlambeError {
  return new FlambeError('REFERENCE_INVALID', `"${text}" is not an image reference: ${problem}`, {
    hint:
      hint ?? 'an image reference is [HOST[:PORT]/]REPOSITORY[:TAG][@sha256:DIGEST], as in ghcr.io/me/app:v1',
  })
}
