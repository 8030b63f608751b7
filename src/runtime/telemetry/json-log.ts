import { once } from 'node:events'
import type { LogLine, Observe, ServeEvent } from '../observe.ts'
import type { LogLevel } from '../settings.ts'
import { levelOf, logRecord } from './log-record.ts'
import { createRequestLines } from './request-line.ts'

export type Log = {
  readonly observe: Observe
  /** Writes what is still held back; nothing may be observed after it. Needed before an exit. */
  readonly close: () => Promise<void>
}

/** Lines are held back until so many characters are together (one system call for many requests), … */
const held = 65_536
/** … and no longer than this, in milliseconds. */
const heldFor = 200
/** Bytes that wait for a reader who does not keep up; further lines are lost. The server answers on. */
const mostBytes = 16 * 2 ** 20

/** One line of JSON for each event that has something to say, through pino, to a file descriptor. */
export async function openJsonLog({
  level,
  descriptor = 1,
}: {
  level: LogLevel
  descriptor?: number
}): Promise<Log> {
  const { pino } = await import('pino')
  const destination = pino.destination({ dest: descriptor, sync: false, maxLength: mostBytes })
  let lines = ''
  let timer: NodeJS.Timeout | undefined
  const release = () => {
    clearTimeout(timer)
    timer = undefined
    if (lines !== '') destination.write(lines)
    lines = ''
  }
  // Gathered here and not by the destination, which counts the bytes of every line.
  const gather = {
    write: (line: string) => {
      lines += line
      if (lines.length >= held) release()
      else timer ??= setTimeout(release, heldFor).unref()
    },
  }
  const time = createTimestamp()
  const requestLine = createRequestLines()
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: () => time(Date.now()),
      formatters: { level: (label) => ({ level: label }) },
    },
    gather,
  )
  const write = (event: ServeEvent): LogLine['level'] | undefined => {
    if (event.type === 'answered') {
      const level = levelOf(event)
      if (log.isLevelEnabled(level))
        gather.write(requestLine(event, time(event.started + event.milliseconds)))
      return level
    }
    const record = logRecord(event)
    if (record) log[record.level](record.fields, record.message)
    return record?.level
  }
  const observe: Observe = (event) => {
    if (write(event) === 'error') release()
  }
  const close = async () => {
    release()
    const written = once(destination, 'close').catch(() => {})
    destination.end()
    await written
  }
  return { observe, close }
}

/** The time of a line, in pino's form. Written anew each millisecond: a busy server has many lines in one. */
function createTimestamp(): (time: number) => string {
  let at = Number.NaN
  let text = ''
  return (time) => {
    const now = Math.trunc(time)
    // As in request-line.ts: one piece.
    if (now !== at) text = [',"time":"', new Date(now).toISOString(), '"'].join('')
    at = now
    return text
  }
}
