import {
  type Environment,
  formatReference,
  type Image,
  type ImageIndex,
  type PushPlan,
  parseReference,
  planPush,
  pushImage,
  type Receipt,
} from '../../image/index.ts'
import type { Progress } from '../../progress.ts'
import type { DockerOptions } from './settings.ts'

export type PushAllOptions = Pick<DockerOptions, 'registry' | 'home'> & {
  readonly environment?: Environment
  readonly cacheDirectory: string
  readonly progress: Progress
  readonly signal: AbortSignal
}

/** Pushes an image to each repository that the references name, with all of its tags there. */
export async function pushAll(
  image: Image | ImageIndex,
  references: readonly string[],
  options: PushAllOptions,
): Promise<Receipt[]> {
  const receipts: Receipt[] = []
  for (const { to, tags } of byRepository(references)) {
    receipts.push(await pushImage(image, to, { ...connection(options), tags }))
  }
  return receipts
}

/** What `pushAll` would send. */
export async function planPushes(
  image: Image | ImageIndex,
  references: readonly string[],
  options: PushAllOptions,
): Promise<PushPlan[]> {
  const plans: PushPlan[] = []
  for (const { to, tags } of byRepository(references)) {
    plans.push(await planPush(image, to, { ...connection(options), tags }))
  }
  return plans
}

function byRepository(references: readonly string[]): readonly { to: string; tags: readonly string[] }[] {
  const parsed = references.map(parseReference)
  const groups = Map.groupBy(parsed, ({ registry, repository }) => `${registry}/${repository}`)
  return [...groups.values()].flatMap(([first, ...others]) => {
    if (!first) return []
    return [{ to: formatReference(first), tags: others.flatMap(({ tag }) => tag ?? []) }]
  })
}

function connection({ registry, environment = {}, home, cacheDirectory, progress, signal }: PushAllOptions) {
  return {
    ...registry,
    env: environment,
    ...(home !== undefined && { home }),
    cacheDirectory,
    progress,
    signal,
  }
}
