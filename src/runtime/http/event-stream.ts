import type { ServeProblem } from '../exchange.ts'
import { problemOf, problemText } from './problem.ts'

/** How items, an end and a failure are written, one after the other. */
type Form = {
  readonly item: (json: Uint8Array) => Uint8Array
  readonly done: string
  readonly error: (problem: string) => string
  /** Shows that the stream lives, and says nothing. */
  readonly beat: string
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation */
const serverSentEvents: Form = {
  item: (json) => framed('event: output\ndata: ', json, '\n\n'),
  done: 'event: done\ndata: {}\n\n',
  error: (problem) => `event: error\ndata: ${problem}\n\n`,
  beat: ': still working\n\n',
}

/** A line an item. An empty line is none: it can be the beat. */
const jsonLines: Form = {
  item: (json) => framed('', json, '\n'),
  done: '',
  error: (problem) => `{"error":${problem}}\n`,
  beat: '\n',
}

const forms: Readonly<Record<string, Form>> = {
  'text/event-stream': serverSentEvents,
  'application/x-ndjson': jsonLines,
  'application/jsonl': jsonLines,
}

export const streamTypes: readonly string[] = Object.keys(forms)

export const isStreamType = (type: string): boolean => Object.hasOwn(forms, type)

/**
 * Items as the body of an answer. What fails before the first item (or the first beat) fails here, so that the
 * answer can have the status of it; what fails later is the last event.
 */
export async function streamBody(
  items: AsyncIterable<Uint8Array>,
  { type, heartbeat, id }: { readonly type: string; readonly heartbeat: number; readonly id: string },
): Promise<{
  readonly body: AsyncIterable<string | Uint8Array>
  readonly problem: () => ServeProblem | undefined
}> {
  const form = forms[type] ?? jsonLines
  const beating = withBeats(items, heartbeat)
  const first = await beating.next()
  let problem: ServeProblem | undefined
  const write = async function* () {
    try {
      for (let next = first; !next.done; next = await beating.next())
        yield next.value === undefined ? form.beat : form.item(next.value)
      yield form.done
    } catch (error) {
      problem = problemOf(error)
      yield form.error(problemText(problem, { id }))
    } finally {
      await beating.return()
    }
  }
  return { body: write(), problem: () => problem }
}

/** The items, and `undefined` whenever none came for so long. Nothing is asked ahead of the reader. */
async function* withBeats<T>(
  items: AsyncIterable<T>,
  milliseconds: number,
): AsyncGenerator<T | undefined, void> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    while (true) {
      const next = iterator.next()
      // A failure while nobody waits is told when somebody does.
      next.catch(() => {})
      let result = await orBeat(next, milliseconds)
      while (result === undefined) {
        yield undefined
        result = await orBeat(next, milliseconds)
      }
      if (result.done) return
      yield result.value
    }
  } finally {
    await iterator.return?.()
  }
}

async function orBeat<T>(next: Promise<T>, milliseconds: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const beat = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, milliseconds, undefined)
  })
  try {
    return await Promise.race([next, beat])
  } finally {
    clearTimeout(timer)
  }
}

function framed(before: string, json: Uint8Array, after: string): Uint8Array {
  return Buffer.concat([Buffer.from(before), json, Buffer.from(after)])
}
