import { FlambeError } from '../../errors.ts'
import { type Engine, findEngine, loadIntoEngine, parseReference, startContainer } from '../../image/index.ts'
import { inputFailure } from '../input-failure.ts'
import type { OpenedPredictor } from '../open-predictor.ts'
import { findImage, type ImageOptions } from './find-image.ts'
import type { Target } from './target.ts'

/** Runs an image in a container for as long as it is asked. One of a file or a registry is given to the engine first. */
export async function openImagePredictor(
  location: string,
  kind: Target,
  options: ImageOptions,
): Promise<OpenedPredictor> {
  const { progress, signal } = options
  const { engine, name } = await inEngine(location, kind, options)
  const { address, stop } = await startContainer(name, { engine, readyPath: '/readyz', progress, signal })
  return { answer: (input) => ask(`${address}/predict`, input, { signal }), close: stop }
}

async function inEngine(
  location: string,
  kind: Target,
  options: ImageOptions,
): Promise<{ engine: Engine; name: string }> {
  const { environment: env, home, progress, signal } = options
  // No registry is asked for what nothing here could run.
  const looked = await findEngine({ env, home, signal })
  const { engine, failure } = looked
  if (!engine) throw noEngine(location, kind, failure)
  const found = await findImage(location, kind, options, looked)
  if (found.engine) return { engine, name: location }
  // What has only a digest gets no name: `latest` may be that of another image.
  const hasName = kind !== 'image-file' && parseReference(location).digest === undefined
  const names = hasName ? [location] : []
  const { reference } = await loadIntoEngine(found.image, names, { engine, progress, signal })
  return { engine, name: reference }
}

function noEngine(location: string, kind: Target, failure: FlambeError): FlambeError {
  const absence = kind === 'image' ? ' is no file or folder here; as' : ' is'
  return new FlambeError(
    failure.code,
    `${location}${absence} an image it takes an engine to run: ${failure.message}`,
    {
      cause: failure,
      hint: `${failure.hint}; an artifact or a spec needs no engine: flambe predict ./out/engine`,
    },
  )
}

async function ask(
  url: string,
  input: unknown,
  { signal }: { readonly signal: AbortSignal },
): Promise<unknown> {
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  const { answer, body } = await post(url, { headers, body: JSON.stringify(input), signal })
  if (answer.ok) return body
  throw failureOf(body, answer.status)
}

async function post(url: string, request: RequestInit & { readonly signal: AbortSignal }) {
  try {
    const answer = await fetch(url, { ...request, method: 'POST' })
    const body: unknown = await answer.json()
    return { answer, body }
  } catch (cause) {
    request.signal.throwIfAborted()
    throw new FlambeError('COMPONENT_FAILED', 'the container broke off, or did not answer in JSON', {
      cause,
      hint: 'run it with `docker run` to see its log',
    })
  }
}

/** https://www.rfc-editor.org/rfc/rfc9457 with what our server adds. */
function failureOf(body: unknown, status: number): FlambeError {
  const { code, title, detail, violations } = (body ?? {}) as { readonly [name: string]: unknown }
  if (code === 'input-invalid') return inputFailure(Array.isArray(violations) ? violations : [])
  return new FlambeError(
    'COMPONENT_FAILED',
    `the container answered ${status}: ${title ?? 'it failed'}${detail ? ` (${detail})` : ''}`,
  )
}
