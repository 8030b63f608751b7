import { createLogUpdate } from 'log-update'
import type { Progress } from '../../progress.ts'
import { describeStep } from './describe.ts'
import { messageLine, type ProgressOptions } from './lines.ts'
import { nextSteps, type Step, type Steps } from './steps.ts'

const framesPerSecond = 15

/** Progress for a terminal: a tree of steps that is drawn anew in place. `stop` leaves the last picture standing. */
export function treeProgress({
  stream,
  style,
  verbose,
  clock = Date.now,
}: Omit<ProgressOptions, 'write'> & { readonly stream: NodeJS.WriteStream }): {
  readonly progress: Progress
  readonly stop: () => void
} {
  const log = createLogUpdate(stream)
  let steps: Steps = new Map()
  let drawn = 0
  const draw = () => {
    drawn = clock()
    const text = renderTree(steps, (step) => describeStep(step, { style, now: drawn }))
    if (text) log(text)
  }
  let isOver = false
  const progress: Progress = (event) => {
    if (isOver) return
    steps = nextSteps(steps, event, clock())
    if (event.type === 'warning' || (event.type === 'notice' && verbose)) {
      log.clear()
      stream.write(`${messageLine(event, style)}\n`)
      draw()
    } else if (event.type !== 'bytes' || clock() - drawn > 1000 / framesPerSecond) draw()
  }
  const stop = () => {
    if (isOver) return
    isOver = true
    if (steps.size > 0) draw()
    log.done()
  }
  return { progress, stop }
}

/** The steps as indented lines, children under their parents, in the order of their start. */
export function renderTree(steps: Steps, describe: (step: Step) => string): string {
  const children = Map.groupBy(steps.values(), (step) =>
    step.parent !== undefined && steps.has(step.parent) ? step.parent : '',
  )
  const render = (parent: string, indent: string): string[] =>
    (children.get(parent) ?? []).flatMap((step) => [
      `${indent}${describe(step)}`,
      ...render(step.id, `${indent}  `),
    ])
  return render('', '').join('\n')
}
