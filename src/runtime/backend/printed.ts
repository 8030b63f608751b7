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
    eachLine(input, (line) => observe({ type: 'printed', stream, line }))
  }
}

/** As node:readline does it, which would be loaded for this alone. */
function eachLine(input: Readable, tell: (line: string) => void): void {
  let begun = ''
  input.setEncoding('utf8')
  input.on('data', (text: string) => {
    const [first = '', ...others] = text.split('\n')
    begun += first
    for (const next of others) {
      tell(begun.replace(/\r$/, ''))
      begun = next
    }
  })
  input.on('end', () => {
    if (begun !== '') tell(begun)
  })
}
