import type { ProgressEvent } from '../../progress.ts'

/** What is known of one step from the events so far. */
export type Step = {
  readonly id: string
  readonly title: string
  readonly parent: string | undefined
  readonly total: number | undefined
  readonly bytes: number
  readonly state: 'running' | 'done' | 'failed'
  readonly note: string | undefined
  readonly started: number
  /** Milliseconds; 0 while it runs. */
  readonly took: number
}

export type Steps = ReadonlyMap<string, Step>

/** The steps after one more event, at time `now` in milliseconds. Notices and warnings change nothing. */
export function nextSteps(steps: Steps, event: ProgressEvent, now: number): Steps {
  if (event.type === 'step') {
    const { id, title, parent, total } = event
    const fresh: Step = {
      id,
      title,
      parent,
      total,
      bytes: 0,
      state: 'running',
      note: undefined,
      started: now,
      took: 0,
    }
    return new Map(steps).set(id, fresh)
  }
  if (event.type === 'notice' || event.type === 'warning') return steps
  const known = steps.get(event.id)
  if (!known) return steps
  return new Map(steps).set(known.id, { ...known, ...change(known, event, now) })
}

function change(step: Step, event: Exclude<ProgressEvent, { id?: never }>, now: number): Partial<Step> {
  if (event.type === 'bytes') return { bytes: step.bytes + event.count }
  if (event.type === 'done') return { state: 'done', took: now - step.started, note: event.note }
  if (event.type === 'failed') return { state: 'failed', took: now - step.started }
  return {}
}
