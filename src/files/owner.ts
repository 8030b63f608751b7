import { codeOf } from './failure.ts'

/** Of something that a process left, and nobody works on. */
export const nobody = '0-0'

/** This process, in the name or text of a file that it works on: others leave it alone while we run. */
export function ownerMark(): string {
  // The id alone is not enough: in a container the next process often has the same.
  return `${process.pid}-${Math.round(performance.timeOrigin)}`
}

/** Whether the process of a mark runs on this machine. */
export function isOwned(mark: string): boolean {
  const [, id] = /^(\d+)-\d+$/.exec(mark) ?? []
  const pid = Number(id ?? 0)
  if (pid === 0) return false
  return pid === process.pid ? mark === ownerMark() : isAlive(pid)
}

/** A process that we may not signal runs, too. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}
