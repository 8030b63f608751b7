import { once } from 'node:events'
import type { Observe } from '../observe.ts'
import type { LogLevel } from '../settings.ts'
import { logRecord } from './log-record.ts'

export type Log = {
  readonly observe: Observe
  /** Writes what is still held back; nothing may be observed after it. Needed before an exit. */
  readonly close: () => Promise<void>
}

/** Lines are held back until so many bytes are together (one system call for many requests), … */
const heldBytes = 16_000
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
  const destination = pino.destination({
    dest: descriptor,
    sync: false,
    minLength: heldBytes,
    maxLength: mostBytes,
  })
  const log = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  let timer: NodeJS.Timeout | undefined
  const release = () => {
    timer = undefined
    destination.flush()
  }
  const observe: Observe = (event) => {
    const record = logRecord(event)
    if (!record) return
    log[record.level](record.fields, record.message)
    if (record.level === 'error') destination.flush()
    else if (timer === undefined) timer = setTimeout(release, heldFor).unref()
  }
  const close = async () => {
    clearTimeout(timer)
    const written = once(destination, 'close').catch(() => {})
    destination.end()
    await written
  }
  return { observe, close }
}
