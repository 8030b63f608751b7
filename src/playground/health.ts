import { isRecord } from './schema.ts'

/** Milliseconds between looks at `/readyz`. */
const often = 1500
const seldom = 5000

/** Shows whether the server can answer, for as long as the page is seen. */
export function watchHealth(place: HTMLElement): void {
  const look = async () => {
    const { state, reason } = document.hidden
      ? { state: place.dataset['state'], reason: place.title }
      : await health()
    if (place.dataset['state'] !== state) place.textContent = state ?? ''
    place.dataset['state'] = state ?? ''
    place.title = reason
    setTimeout(look, state === 'ready' ? seldom : often)
  }
  look()
}

async function health(): Promise<{ readonly state: string; readonly reason: string }> {
  try {
    const response = await fetch('readyz', { cache: 'no-store', signal: AbortSignal.timeout(4000) })
    const told: unknown = await response.json()
    if (!isRecord(told)) return { state: 'unknown', reason: '' }
    return { state: String(told['state']), reason: String(told['reason'] ?? '') }
  } catch {
    return { state: 'unreachable', reason: 'the server does not answer' }
  }
}
