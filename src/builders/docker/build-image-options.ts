import type { HashCache } from '../../files/index.ts'
import type { Environment, ImagePlatform } from '../../image/index.ts'
import type { Progress } from '../../progress.ts'
import type { GitFacts } from './git-facts.ts'
import type { DockerOptions, DockerSettings } from './settings.ts'

export type BuildImageOptions = {
  readonly settings: DockerSettings
  readonly platform: ImagePlatform
  readonly environment: Environment
  readonly home?: string | undefined
  readonly registry?: DockerOptions['registry']
  readonly pull?: boolean | undefined
  readonly offline?: boolean | undefined
  /** Folder of the spec: what its base is relative to. */
  readonly directory: string
  readonly cacheDirectory: string
  readonly hashCache: HashCache
  readonly facts: Promise<GitFacts>
  readonly progress: Progress
  readonly signal: AbortSignal
}
