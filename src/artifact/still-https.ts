import { FlambeError } from '../errors.ts'

/**
 * Refuses an answer that came without TLS where TLS was asked for: an artifact brings code, and whoever is on the way could have put
 * theirs in it. Throws `ARTIFACT_UNSAFE`.
 */
export async function assertStillHttps(asked: string | URL, response: Response): Promise<void> {
  const { protocol, origin, pathname } = new URL(asked)
  if (protocol !== 'https:' || response.url.startsWith('https:')) return
  await response.body?.cancel()
  throw new FlambeError(
    'ARTIFACT_UNSAFE',
    `HTTP url: '${origin}${pathname}' leads to ${new URL(response.url).origin}, which is no https`,
    {
      hint: 'anybody on the way could have changed what it gives: have it lead to https, or to nowhere else',
    },
  )
}
