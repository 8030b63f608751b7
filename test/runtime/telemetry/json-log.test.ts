import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ServeEvent } from '../../../src/runtime/observe.ts'
import type { LogLevel } from '../../../src/runtime/settings.ts'
import { openJsonLog } from '../../../src/runtime/telemetry/json-log.ts'
import { logRecord } from '../../../src/runtime/telemetry/log-record.ts'
import { folder } from '../../helpers/folder.ts'
import { answered, queueFull } from './events.ts'

/** What stands in the log after these events. */
async function logOf(events: readonly ServeEvent[], level: LogLevel = 'info'): Promise<readonly object[]> {
  const file = join(folder(), 'log')
  const descriptor = openSync(file, 'w')
  const { observe, close } = await openJsonLog({ level, descriptor })
  for (const event of events) observe(event)
  await close()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n').filter(Boolean)
  return lines.map((line) => {
    const { time, ...rest } = JSON.parse(line)
    expect(new Date(time).toISOString()).toBe(time)
    return rest
  })
}

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

describe('the log', () => {
  test('has one line of JSON for a request: its id, status, times and place in the trace', async () => {
    expect(await logOf([answered({ traceparent })])).toEqual([
      {
        level: 'info',
        message: 'POST /predict 200',
        id: 'r-1',
        method: 'POST',
        route: '/predict',
        status: 200,
        ms: 30,
        queue_ms: 5,
        compute_ms: 20,
        trace_id: '0af7651916cd43dd8448eb211c80319c',
        span_id: 'b7ad6b7169203331',
        trace_flags: '01',
      },
    ])
  })

  test('tells of a request what its record holds, in this order', async () => {
    const quoted = { ...queueFull, detail: 'a "quote" and a\nbreak' }
    for (const event of [answered(), answered({ traceparent }), answered({ status: 429, problem: quoted })]) {
      const { level = '', message, fields } = logRecord(event) ?? {}
      const [line = {}] = await logOf([event])
      expect(Object.entries(line)).toEqual(Object.entries({ level, ...fields, message }))
    }
  })

  test.each([
    [answered(), 'info'],
    [answered({ status: 422 }), 'info'],
    [answered({ status: 429, problem: queueFull }), 'warn'],
    [answered({ status: 500 }), 'error'],
    [answered({ status: 504 }), 'warn'],
    [answered({ route: '/readyz', status: 503 }), 'debug'],
    [{ type: 'state', state: { state: 'failed', reason: 'no weights', since: '' } }, 'error'],
    [{ type: 'worker-lost', reason: 'crashed' }, 'error'],
    [{ type: 'printed', stream: 'stdout', line: 'hello' }, 'info'],
  ] as const)('gives %j the level %s', async (event, level) => {
    expect(await logOf([event], 'debug')).toEqual([expect.objectContaining({ level })])
  })

  test('leaves out what is below its level, and all of it when it is silent', async () => {
    const events = [answered({ route: '/livez' }), answered(), answered({ status: 500 })]
    expect(await logOf(events)).toHaveLength(2)
    expect(await logOf(events, 'error')).toHaveLength(1)
    expect(await logOf(events, 'silent')).toHaveLength(0)
  })

  test('has the fields of context.log, which cannot pass for its own', async () => {
    const event = {
      type: 'log',
      level: 'warn',
      message: 'odd row',
      id: 'r-2',
      fields: { row: 3, level: 'fine', time: 'never' },
    } as const
    expect(await logOf([event])).toEqual([
      { level: 'warn', message: 'odd row', id: 'r-2', row: 3, level_: 'fine', time_: 'never' },
    ])
  })

  test('keeps one line a record, whatever user code prints or logs', async () => {
    const cycle: Record<string, unknown> = { big: 10n }
    cycle['self'] = cycle
    const lines = await logOf([
      { type: 'printed', stream: 'stderr', line: 'a "quote"\u2028 and \u0000' },
      { type: 'log', level: 'info', message: 'two\nlines', fields: { cycle } },
    ])
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatchObject({ message: 'a "quote"\u2028 and \u0000', stream: 'stderr' })
  })
})
