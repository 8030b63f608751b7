import type { Progress } from '../../progress.ts'
import type { Style } from '../style.ts'
import { describeStep } from './describe.ts'
import { nextSteps, type Steps } from './steps.ts'

export type ProgressOptions = {
  readonly write: (text: string) => void
  readonly style: Style
  readonly verbose: boolean
  readonly clock?: () => number
}

/** Bytes from which a step is long enough to be told when it starts, with its size. */
const large = 100_000_000

/**
 * Progress for logs and pipes: one line when a step ends, and when one starts that will move many bytes (with
 * `verbose`, any); and each warning.
 */
export function lineProgress({ write, style, verbose, clock = Date.now }: ProgressOptions): Progress {
  let steps: Steps = new Map()
  return (event) => {
    steps = nextSteps(steps, event, clock())
    const line = lineOf(event, { steps, style, verbose, now: clock() })
    if (line !== undefined) write(`${line}\n`)
  }
}

type LineContext = {
  readonly steps: Steps
  readonly style: Style
  readonly verbose: boolean
  readonly now: number
}

function lineOf(
  event: Parameters<Progress>[0],
  { steps, style, verbose, now }: LineContext,
): string | undefined {
  if (event.type === 'notice' || event.type === 'warning') {
    if (event.type === 'notice' && !verbose) return undefined
    return messageLine(event, style)
  }
  if (event.type === 'bytes') return undefined
  if (event.type === 'step' && !verbose && (event.total ?? 0) < large) return undefined
  const step = steps.get(event.id)
  return step && describeStep(step, { style, now })
}

/** A notice or a warning as people read it. */
export function messageLine(
  { type, message, hint }: { type: 'notice' | 'warning'; message: string; hint?: string },
  style: Style,
): string {
  const label = type === 'warning' ? style.yellow('warning') : style.cyan('notice')
  return `${label} ${message}${hint ? `\n  ${style.cyan('hint')} ${hint}` : ''}`
}
