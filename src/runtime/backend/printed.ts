import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Observe } from '../observe.ts'

/** Tells each line that user code prints: stdout and stderr of the process are the server's own. */
export function observePrinted(
  { stdout, stderr }: { readonly stdout: Readable; readonly stderr: Readable },
  observe: Observe,
): void {
  for (const [stream, input] of [
    ['stdout', stdout],
    ['stderr', stderr],
  ] as const) {
    createInterface({ input }).on('line', (line) => observe({ type: 'printed', stream, line }))
  }
}
