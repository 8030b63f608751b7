import type {
  Answer,
  AskOptions,
  Backend,
  Question,
  ServeFailure,
  State,
} from '../../src/runtime/exchange.ts'

type Respond = (question: Question, options: AskOptions) => Promise<Answer> | Answer

type Given = {
  readonly state?: State['state']
  readonly reason?: string
  readonly refusal?: ServeFailure
}

/** A backend that answers by a function: what stands behind HTTP where HTTP is what is tested. */
export function backendOf(respond: Respond, { state = 'ready', reason = '', refusal }: Given = {}): Backend {
  return {
    state: () => ({ state, since: '2026-01-01T00:00:00.000Z', ...(reason && { reason }) }),
    refusal: () => refusal,
    load: () => ({ waiting: 0, running: 0, workers: 1 }),
    ask: async (question, options) => ({
      ...(await respond(question, options)),
      timings: { queued: 0.5, computed: 1.25 },
    }),
    swap: async () => {},
    close: async () => {},
  }
}

/** Answers with the body that was sent. */
export const echo: Respond = ({ body }) => ({ kind: 'value', contentType: 'application/json', body })

export const items = (source: AsyncIterable<string>): Answer => ({
  kind: 'items',
  items: (async function* () {
    for await (const item of source) yield Buffer.from(item)
  })(),
})
