import type { FromWorker, WireReport } from './messages.ts'
import { toWireFailure } from './messages.ts'
import { carry, pack } from './packing.ts'
import type { Reports } from './reports.ts'

export type Outbox = Reports & {
  readonly skipped: (cell: number) => void
  /** Reports that have gathered. */
  readonly size: () => number
  /** Sends them. */
  readonly flush: () => void
}

/** Gathers the reports of a worker for one message. */
export function createOutbox(post: (message: FromWorker, moved: ArrayBuffer[]) => void): Outbox {
  let reports: WireReport[] = []
  let moved: ArrayBuffer[] = []
  return {
    // JSON that was encoded here is nobody else's; other bytes may be the component's own, which it keeps.
    value: (n, { contentType, body }, computed) => {
      const own = contentType === 'application/json'
      const carried = typeof body === 'string' ? body : carry(body, { own, moved })
      reports.push(['value', n, contentType, carried, computed])
    },
    failed: (n, failure, computed) => reports.push(['failed', n, toWireFailure(failure), computed]),
    began: (n) => reports.push(['began', n]),
    item: (n, item) => reports.push(['item', n, pack(item, { own: true, moved })]),
    ended: (n, computed) => reports.push(['ended', n, computed]),
    stalled: (n) => reports.push(['stalled', n]),
    skipped: (cell) => reports.push(['skipped', cell]),
    size: () => reports.length,
    flush: () => {
      if (reports.length === 0) return
      post({ type: 'reports', reports }, moved)
      reports = []
      moved = []
    },
  }
}
