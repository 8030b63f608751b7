import type { ImagePlatform } from '../image.ts'

/** `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: ImagePlatform): string {
  return [os, architecture, variant].filter(Boolean).join('/')
}

/** The platform of containers on this machine, whatever its own system. */
export function hostPlatform(): ImagePlatform {
  const names: { readonly [arch: string]: string | undefined } = { x64: 'amd64', ia32: '386' }
  return { os: 'linux', architecture: names[process.arch] ?? process.arch }
}

/**
 * The best of `offered` for `wanted`; undefined if none will run. Without a wanted variant the most general one is taken: for arm64 `v8` and none are
 * the same; an arm runs what is older than it. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-index.md#platform-variants
 */
export function choosePlatform<T extends { readonly platform?: ImagePlatform }>(
  offered: readonly T[],
  wanted: ImagePlatform,
): T | undefined {
  const usable = offered.flatMap((one) => {
    const rank = one.platform && distance(one.platform, wanted)
    return rank === undefined ? [] : [{ one, rank }]
  })
  return usable.sort((a, b) => a.rank - b.rank)[0]?.one
}

/** Whether an image of `platform` is what was asked for. */
export function isPlatform(platform: ImagePlatform, wanted: ImagePlatform): boolean {
  return distance(platform, wanted) !== undefined
}

/** 0 for the same, more for what is further from it. */
function distance(platform: ImagePlatform, wanted: ImagePlatform): number | undefined {
  if (platform.os !== wanted.os || platform.architecture !== wanted.architecture) return undefined
  const has = level(platform)
  const wants = wanted.variant === undefined ? defaultLevel(wanted) : level(wanted)
  if (Number.isNaN(has) || Number.isNaN(wants)) return platform.variant === wanted.variant ? 0 : undefined
  return has <= wants ? wants - has : undefined
}

/** The number of a variant, `v7` or `v2`. */
function level({ architecture, variant }: ImagePlatform): number {
  if (variant === undefined || variant === '') return defaultLevel({ architecture })
  return Number(/^v(\d+)$/.exec(variant)?.[1] ?? Number.NaN)
}

/** What a platform without variant means: https://github.com/containerd/platforms/blob/v1.0.0/database.go */
function defaultLevel({ architecture }: Pick<ImagePlatform, 'architecture'>): number {
  return { arm64: 8, arm: 7, amd64: 1 }[architecture] ?? 0
}
