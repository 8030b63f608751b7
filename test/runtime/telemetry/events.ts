import type { ServeEvent } from '../../../src/runtime/observe.ts'

type AnsweredEvent = Extract<ServeEvent, { type: 'answered' }>

/** A request to predict that went well. */
export function answered(changes: Partial<AnsweredEvent> = {}): AnsweredEvent {
  return {
    type: 'answered',
    id: 'r-1',
    method: 'POST',
    route: '/predict',
    status: 200,
    started: 1_700_000_000_000,
    milliseconds: 30,
    timings: { queued: 5, computed: 20 },
    ...changes,
  }
}

export const queueFull = { status: 429, code: 'queue-full', title: 'The queue is full' } as const
