import { errorCodes, exitStatus, FlambeError, type Problem } from '../errors.ts'
import { formatProblem } from '../spec/index.ts'
import type { Style } from './style.ts'

/** The failure as people read it: what, where, which value, what next. The stack only with `debug`. */
export function formatError(error: unknown, { style, debug }: { style: Style; debug: boolean }): string {
  if (!(error instanceof FlambeError)) return formatBug(error, style)
  const lines = [
    ...error.problems
      .filter((problem) => !isTold(problem, error))
      .map((problem) => formatOne(problem, style)),
    `${style.red('error')} ${style.dim(error.code)} ${error.message}`,
    ...causes(error).map((text) => `  ${style.dim('because')} ${text}`),
    `  ${style.cyan('hint')} ${hintOf(error)}`,
    ...(debug && error.stack ? ['', style.dim(stackOf(error))] : []),
  ]
  return lines.join('\n')
}

/** The same as data, for `--json`. Its keys are stable. */
export function errorJson(error: unknown): object {
  if (!(error instanceof FlambeError)) {
    const { exit, remedy: hint } = errorCodes.BUG
    return { error: { code: 'BUG', exit, message: messageOf(error), hint, causes: [], problems: [] } }
  }
  const { code, message, problems } = error
  const hint = hintOf(error)
  return { error: { code, exit: exitStatus(error), message, hint, causes: causes(error), problems } }
}

/** What to do next, whatever happened. */
function hintOf({ code, hint }: FlambeError): string {
  return hint ?? errorCodes[code].remedy
}

function formatBug(error: unknown, style: Style): string {
  return [
    `${style.red('error')} ${style.dim('BUG')} ${messageOf(error)}`,
    style.dim(stackOf(error)),
    `  ${style.cyan('hint')} this is a fault of flambe itself: ${errorCodes.BUG.remedy}`,
  ].join('\n')
}

/** A problem without a place that the message itself says. */
function isTold({ position, message }: Problem, error: FlambeError): boolean {
  return position === undefined && error.message.includes(message)
}

function formatOne(problem: Problem, style: Style): string {
  const [head = '', ...rest] = formatProblem(problem).split('\n')
  return [style.bold(head), ...rest].join('\n')
}

function causes(error: Error): string[] {
  const found: string[] = []
  for (let cause = error.cause; cause instanceof Error && found.length < 5; cause = cause.cause) {
    if (!error.message.includes(cause.message)) found.push(cause.message)
  }
  return found
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return ''
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : ''
  return `${error.stack ?? error.message}${cause}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
