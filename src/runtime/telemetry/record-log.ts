import { type LogLevel, logLevels } from '../settings.ts'
import type { Log } from './json-log.ts'
import { type LogRecord, logRecord } from './log-record.ts'

/** A log that hands its records on, from `level` up, to be written in some form of the caller's own. */
export function recordLog(write: (record: LogRecord) => void, { level }: { readonly level: LogLevel }): Log {
  const shown = new Set<string>(logLevels.slice(logLevels.indexOf(level)))
  return {
    observe: (event) => {
      const record = logRecord(event)
      if (record && shown.has(record.level)) write(record)
    },
    close: async () => {},
  }
}
