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
import { connectionTo, registryOf } from './connection.ts'
import type { DockerOptions } from './settings.ts'

export type PushAllOptions = Pick<DockerOptions, 'registry' | 'home' | 'noClobber'> & {
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
    receipts.push(await pushImage(image, to, { ...pushOptions(to, { ...options, references }), tags }))
  }
  return receipts
}

/** What `pushAll` would send: what one repository gets, the next one of its registry mounts. */
export async function planPushes(
  image: Image | ImageIndex,
  references: readonly string[],
  options: PushAllOptions,
): Promise<PushPlan[]> {
  const plans: PushPlan[] = []
  for (const { to, tags } of byRepository(references)) {
    const plan = await planPush(image, to, { ...pushOptions(to, { ...options, references }), tags })
    const isSecond = plans.some(({ reference }) => registryOf(reference) === registryOf(to))
    plans.push(isSecond ? mounting(plan) : plan)
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

function mounting(plan: PushPlan): PushPlan {
  const sent = plan.blobs.reduce((sum, { bytes }) => sum + bytes, 0)
  const blobs = plan.blobs.map((blob) =>
    blob.delivery === 'sent' ? { ...blob, delivery: 'mounted' as const, bytes: 0 } : blob,
  )
  return { ...plan, blobs, bytes: plan.bytes - sent }
}

function pushOptions(
  to: string,
  {
    environment = {},
    home,
    noClobber = false,
    ...options
  }: PushAllOptions & { references: readonly string[] },
) {
  const { cacheDirectory, progress, signal } = options
  return {
    ...connectionTo(to, options),
    env: environment,
    ...(home !== undefined && { home }),
    noClobber,
    cacheDirectory,
    progress,
    signal,
  }
}
