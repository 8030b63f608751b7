/** How a registry in memory differs from the specification. */
export type Personality = {
  readonly name: string
  readonly auth?: 'basic' | 'bearer'
  /** A PATCH of more bytes is answered 416. */
  readonly longestPatch?: number
  /** No PATCH at all. */
  readonly isMonolithic?: boolean
  /** No PUT with bytes. */
  readonly isPatchOnly?: boolean
  /** Any larger body is answered 413, as by a proxy. */
  readonly longestBody?: number
  /** Unfinished uploads can be asked for and gone on with. */
  readonly isResumable?: boolean
  /** `Range` of an upload stays at the first chunk, and PATCH answers 201. */
  readonly hasStuckRange?: boolean
  /** 403 for what is not there. */
  readonly hides?: boolean
  /** The login may push and nothing else: 403 to every question. */
  readonly isPushOnly?: boolean
  /** Tags of one page of their list. */
  readonly tagsOfPage?: number
  readonly mounts?: 'yes' | 'never' | 'fails'
  /** Blobs are read from a storage host that refuses `Authorization`. */
  readonly hasStorage?: boolean
  readonly hasRelativeLocations?: boolean
  /** No `Docker-Content-Digest`. */
  readonly isSilent?: boolean
  /** Takes a manifest whose blobs are missing. */
  readonly isCareless?: boolean
  /** Repositories must be made first. */
  readonly repositories?: readonly string[]
  /** Seconds that a token lives, and requests that it is good for. */
  readonly tokenLife?: number
  readonly tokenUses?: number
  /** A token that shall allow this repository too is refused as a whole. */
  readonly forbids?: string
  /** Anyone gets a token to pull with. */
  readonly isOpen?: boolean
  /** OAuth2 only: GET for a token is 405. */
  readonly isOauthOnly?: boolean
  /** What a chunk must not exceed, told in the answer to POST. */
  readonly longestChunk?: number
}

const MiB = 2 ** 20

/** Registries that people use, as far as they differ for a client. */
export const personalities: readonly Personality[] = [
  { name: 'the specification', isResumable: true, hasRelativeLocations: true },
  { name: 'GitHub', auth: 'bearer', longestPatch: MiB, tokenLife: 300 },
  { name: 'Amazon ECR', auth: 'basic', hasStuckRange: true, hasStorage: true },
  { name: 'Google', auth: 'bearer', isMonolithic: true, mounts: 'never' },
  { name: 'Docker Hub', auth: 'bearer', hasStorage: true, tokenLife: 300, isResumable: true },
  { name: 'Quay', auth: 'bearer', mounts: 'fails', isResumable: true },
  { name: 'Artifactory', auth: 'basic', hides: true, isPatchOnly: true, isSilent: true },
  { name: 'a proxy of 100 MB', longestBody: 100 * MiB, isResumable: true },
  { name: 'a proxy of 1 MB', longestBody: MiB, isResumable: true },
  { name: 'a registry with OAuth2 only', auth: 'bearer', isOauthOnly: true },
  { name: 'a registry of short chunks', longestChunk: MiB, isResumable: true },
]
