import { expect, test } from 'vitest'
import { formatRecord } from '../../src/cli/format-record.ts'
import { createStyle } from '../../src/cli/style.ts'

test('what a caller sent neither begins a line of the log nor moves the cursor', () => {
  const style = createStyle(false)
  const detail = '/a\r\n00:00:00 info all is well\u001b[2J\u009b1m is no number'
  const line = formatRecord({ level: 'info', message: 'POST', fields: { detail, ms: 1 } }, { style })
  expect(line.slice(9)).toBe(
    'info POST detail=/a\n    00:00:00 info all is well\\x1b[2J\\x9b1m is no number ms=1',
  )
})
