import { randomUUID } from 'node:crypto'

/** What long work tells while it goes on. `id` is unique in a run; a `step` may name the step that it belongs to. */
export type ProgressEvent =
  | {
      readonly type: 'step'
      readonly id: string
      readonly title: string
      readonly parent?: string
      /** Bytes that the step will move, when known. */
      readonly total?: number
    }
  /** Bytes that moved since the last event; negative when some have to move again. */
  | { readonly type: 'bytes'; readonly id: string; readonly count: number }
  /** `note` says why there was nothing to do: `exists`, `mounted`, `cached`. */
  | { readonly type: 'done'; readonly id: string; readonly note?: string }
  | { readonly type: 'failed'; readonly id: string }
  | { readonly type: 'notice'; readonly message: string; readonly hint?: string }
  | { readonly type: 'warning'; readonly message: string; readonly hint?: string }

/** Where progress goes. Must not throw; is called often and does not wait. */
export type Progress = (event: ProgressEvent) => void

export const silent: Progress = () => {}

/** Runs `work` as one step: tells its start, and its end or failure. `work` gets the step's id to count bytes on. */
export async function step<T>(
  progress: Progress,
  {
    title,
    parent,
    total,
    id = randomUUID(),
  }: { title: string; parent?: string; total?: number; id?: string },
  work: (id: string) => Promise<T>,
): Promise<T> {
  progress({ type: 'step', id, title, ...(parent && { parent }), ...(total !== undefined && { total }) })
  try {
    const result = await work(id)
    progress({ type: 'done', id })
    return result
  } catch (error) {
    progress({ type: 'failed', id })
    throw error
  }
}
