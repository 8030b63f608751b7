import type { ImagePlatform } from '../image.ts'
import type { CreateLayerOptions } from '../layer/create-layer.ts'
import type { Environment, RegistryOptions } from '../registry/index.ts'

/** What a base is opened with. */
export type BaseOptions = CreateLayerOptions & {
  /** What paths are relative to. */
  readonly directory: string
  readonly env: Environment
  readonly home?: string | undefined
  /** Linux on this machine's processor if left out. */
  readonly platform?: ImagePlatform | undefined
  /** Names of shared libraries (`libfoo.so.1`) that what goes on the base needs of it; `host` brings them. */
  readonly libraries?: readonly string[]
  /** How to reach a registry. */
  readonly registry?: Omit<RegistryOptions, 'env' | 'home' | 'cacheDirectory' | 'progress' | 'signal'>
  /** Ask no registry: what is not in the cache is an error. */
  readonly offline?: boolean
  /** Milliseconds that a tag is believed to be what it was when its registry was last asked; 0 asks each time, and is the default. */
  readonly maxAge?: number
  /** Of `dockerfile:`. */
  readonly buildArgs?: { readonly [name: string]: string }
}
