import type { BlobPlace } from './blob-stream.ts'

/** Pages of a list that are read before it counts as endless. */
const mostPages = 1000

/**
 * Whether a repository has a tag by its list of tags: the way to know it where HEAD says 403 both of what is not there and of what one may not see.
 * Undefined if the list may not be read either.
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
 */
export async function listsTag(place: BlobPlace, tag: string): Promise<boolean | undefined> {
  let target: string | URL = 'tags/list'
  for (let page = 0; page < mostPages; page++) {
    const answer = await ask(place, target)
    if (answer.status === 404) return false
    const tags = answer.status === 200 ? parseTags(answer.text) : undefined
    if (!tags) return undefined
    if (tags.includes(tag)) return true
    const next = nextPage(answer.headers['link'], answer.url)
    if (!next) return false
    target = next
  }
  return undefined
}

function ask({ registry, repository }: BlobPlace, target: string | URL) {
  const step = 'listing its tags'
  return registry.ask({ method: 'GET', repository, target, step, expect: [200, 404, 401, 403, 405] })
}

/** `null` stands for no tags in distribution. */
function parseTags(text: string): readonly unknown[] | undefined {
  try {
    const { tags } = JSON.parse(text) as { tags?: unknown }
    return tags === null ? [] : Array.isArray(tags) ? tags : undefined
  } catch {
    return undefined
  }
}

function nextPage(link: string | string[] | undefined, url: URL): URL | undefined {
  const [, next] = /<([^>]+)>\s*;[^,]*rel="?next"?/.exec([link].flat().join()) ?? []
  return next === undefined ? undefined : (URL.parse(next, url.href) ?? undefined)
}
