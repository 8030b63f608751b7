import { formatBytes, formatDuration } from '../format.ts'
import type { Style } from '../style.ts'
import type { Step } from './steps.ts'

/** One step as one line without its indent: mark, title, bytes, rate, remaining or taken time. */
export function describeStep(step: Step, { style, now }: { style: Style; now: number }): string {
  const marks = { running: style.cyan('›'), done: style.green('✓'), failed: style.red('✗') }
  const facts = [step.note, ...(step.state === 'running' ? runningFacts(step, now) : endFacts(step))]
  const told = facts.filter((fact) => fact !== undefined)
  return `${marks[step.state]} ${step.title}${told.length > 0 ? style.dim(`  ${told.join(', ')}`) : ''}`
}

function endFacts({ bytes, took }: Step): (string | undefined)[] {
  return [bytes > 0 ? formatBytes(bytes) : undefined, took >= 10 ? formatDuration(took) : undefined]
}

function runningFacts({ bytes, total, started }: Step, now: number): (string | undefined)[] {
  if (bytes === 0) return [total ? formatBytes(total) : undefined]
  const rate = bytes / Math.max((now - started) / 1000, 0.001)
  const amount = total ? `${formatBytes(bytes)} of ${formatBytes(total)}` : formatBytes(bytes)
  const left = total ? `${formatDuration((Math.max(total - bytes, 0) / rate) * 1000)} left` : undefined
  return [amount, `${formatBytes(rate)}/s`, left]
}
