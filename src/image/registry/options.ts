import type { LookupAddress } from 'node:dns'
import type { Progress } from '../../progress.ts'
import type { Clock } from './clock.ts'

/** A user's name and password, or a token in the password's place, as `docker login` takes them. */
export type Login = { readonly username: string; readonly password: string }

/** How to reach a registry. Nothing is read from the process: what is left out is not used. */
export type RegistryOptions = {
  /** Used instead of any credentials that are stored for the registry, and shown to no other. */
  readonly login?: Login
  /**
   * `DOCKER_CONFIG`, `REGISTRY_AUTH_FILE`, `XDG_RUNTIME_DIR`, `XDG_CONFIG_HOME`, `PATH` (credentials and their helpers);
   * `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`, in either case.
   */
  readonly env?: Environment
  /** The user's home directory, for `.docker/config.json` and the like. */
  readonly home?: string
  /** PEM file of certificates to trust besides the usual ones. */
  readonly caFile?: string
  /** Accept any certificate, and plain http where the registry speaks no https. */
  readonly insecure?: boolean
  /** Connections to one host at a time; memory grows with it, by about 4 MiB each. */
  readonly connections?: number
  /** Milliseconds without a byte in either direction after which a connection counts as broken. */
  readonly idleTimeout?: number
  /** Remembers what a registry has, unfinished uploads and pulled blobs. May be deleted at any time. */
  readonly cacheDirectory?: string
  readonly progress?: Progress
  readonly signal?: AbortSignal
  readonly clock?: Clock
  /** A number in [0, 1): spreads retries. */
  readonly random?: () => number
  /** Addresses of a host name. */
  readonly lookup?: Lookup
}

/** Environment variables by name, as in `process.env`. */
export type Environment = { readonly [name: string]: string | undefined }

/** Resolves a host name; rejects if it is not known. */
export type Lookup = (host: string) => Promise<readonly LookupAddress[]>
