import { type Deed, refusal } from './failure.ts'

/** What the engine tells while it works: https://docs.docker.com/reference/api/engine/ (JSON messages, one a line). */
export type EngineRecord = {
  /** Text of a build, or of a load. */
  readonly stream?: string
  readonly status?: string
  /** Which layer a status is about. */
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  /** Results: of a build, `{ ID }`. */
  readonly aux?: unknown
}

/**
 * The records of an answer, one by one. An error among them is thrown: the status of such an answer was 200 before the work began, so that only the
 * records say how it ended.
 */
export async function* records(
  body: AsyncIterable<Uint8Array | string>,
  deed: Deed,
): AsyncGenerator<EngineRecord> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of body) {
    text += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) yield* parseRecord(line, deed)
  }
  yield* parseRecord(text, deed)
}

function* parseRecord(line: string, deed: Deed): Generator<EngineRecord> {
  if (line.trim() === '') return
  const record = parse(line)
  const error = record?.errorDetail?.message ?? record?.error
  if (error !== undefined) throw refusal(error, deed)
  if (record) yield record
}

type AnyRecord = EngineRecord & {
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

/** Podman, and engines of old, also answer a load in plain text: that tells nothing. */
function parse(line: string): AnyRecord | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as AnyRecord) : undefined
  } catch {
    return undefined
  }
}
