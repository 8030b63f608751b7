import { type FromWorker, fromWireFailure } from './messages.ts'
import { unpack } from './packing.ts'
import type { Reports } from './reports.ts'

/** Hands on what a worker's message reports, in its order. */
export function deliver(
  { reports: wire }: Extract<FromWorker, { readonly type: 'reports' }>,
  { reports, skipped }: { readonly reports: Reports; readonly skipped: (cell: number) => void },
): void {
  for (const report of wire) {
    switch (report[0]) {
      case 'value':
        reports.value(report[1], { contentType: report[2], body: report[3] }, report[4])
        break
      case 'failed':
        reports.failed(report[1], fromWireFailure(report[2]), report[3])
        break
      case 'began':
        reports.began(report[1])
        break
      case 'item':
        reports.item(report[1], unpack(report[2]))
        break
      case 'ended':
        reports.ended(report[1], report[2])
        break
      case 'stalled':
        reports.stalled(report[1])
        break
      case 'skipped':
        skipped(report[1])
        break
    }
  }
}
