import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fileProgress } from '../../src/cli/log-file.ts'
import { describeStep } from '../../src/cli/progress/describe.ts'
import { lineProgress } from '../../src/cli/progress/lines.ts'
import { nextSteps, type Steps } from '../../src/cli/progress/steps.ts'
import { renderTree } from '../../src/cli/progress/tree.ts'
import { createStyle } from '../../src/cli/style.ts'
import { type ProgressEvent, step } from '../../src/progress.ts'
import { folder } from '../helpers/folder.ts'

const style = createStyle(false)

function lines(events: readonly ProgressEvent[], verbose = false): string {
  let text = ''
  let now = 0
  const clock = () => (now += 500)
  const write = (more: string) => {
    text += more
  }
  const progress = lineProgress({ write, style, verbose, clock })
  for (const event of events) progress(event)
  return text
}

describe('progress where there is no terminal', () => {
  test('a step is one line when it ends, with its bytes and its time', () => {
    const text = lines([
      { type: 'step', id: '1', title: 'upload', total: 3_000_000 },
      { type: 'bytes', id: '1', count: 3_000_000 },
      { type: 'done', id: '1' },
    ])
    expect(text).toBe('✓ upload  3.0 MB, 2.0 s\n')
  })

  test('a large upload tells its size before it starts (row 69)', () => {
    const step = { type: 'step', id: '1', title: 'upload to s3://models' } as const
    expect(lines([{ ...step, total: 2_300_000_000 }])).toBe('› upload to s3://models  2.3 GB\n')
    expect(lines([{ ...step, total: 99_000_000 }])).toBe('')
  })

  test('a warning is told at once, a notice only when asked for', () => {
    const notice: ProgressEvent = { type: 'notice', message: 'n' }
    expect(lines([{ type: 'warning', message: 'w', hint: 'h' }, notice])).toBe('warning w\n  hint h\n')
    expect(lines([notice], true)).toBe('notice n\n')
  })

  test('a failed step says so', () => {
    expect(
      lines([
        { type: 'step', id: '1', title: 'build' },
        { type: 'failed', id: '1' },
      ]),
    ).toBe('✗ build  1.0 s\n')
  })
})

test('a step that runs tells its bytes, its rate and what is left; before the first byte its size', () => {
  const start: ProgressEvent = { type: 'step', id: '1', title: 'upload', total: 300_000_000 }
  const begun = nextSteps(new Map(), start, 0)
  const describe = (steps: Steps) => renderTree(steps, (one) => describeStep(one, { style, now: 2000 }))
  expect(describe(begun)).toBe('› upload  300 MB')
  const under = nextSteps(begun, { type: 'bytes', id: '1', count: 100_000_000 }, 1000)
  expect(describe(under)).toBe('› upload  100 MB of 300 MB, 50.0 MB/s, 4.0 s left')
})

test('a tree shows children under their parents, and orphans at the root', () => {
  const events: ProgressEvent[] = [
    { type: 'step', id: 'a', title: 'A' },
    { type: 'step', id: 'b', title: 'B', parent: 'a' },
    { type: 'step', id: 'c', title: 'C', parent: 'gone' },
  ]
  const steps = events.reduce<Steps>((known, event) => nextSteps(known, event, 0), new Map())
  expect(renderTree(steps, ({ title }) => title)).toBe('A\n  B\nC')
})

test('step tells of its failure and lets it through', async () => {
  const told: string[] = []
  const work = step(
    ({ type }) => told.push(type),
    { title: 'x' },
    () => Promise.reject(new Error('no')),
  )
  await expect(work).rejects.toThrow('no')
  expect(told).toEqual(['step', 'failed'])
})

describe('the log file (row 59)', () => {
  test('keeps every event but byte counts', () => {
    const file = join(folder(), 'logs', 'flambe.log')
    const progress = fileProgress(file, { clock: () => new Date(0) })
    progress({ type: 'step', id: '1', title: 'build' })
    progress({ type: 'bytes', id: '1', count: 5 })
    expect(readFileSync(file, 'utf8')).toBe('1970-01-01T00:00:00.000Z | STEP | {"id":"1","title":"build"}\n')
  })

  test('is turned over at 10 MB', () => {
    const file = join(folder(), 'flambe.log')
    writeFileSync(file, 'x'.repeat(10_000_001))
    fileProgress(file)({ type: 'notice', message: 'new' })
    expect(readFileSync(`${file}.1`, 'utf8')).toHaveLength(10_000_001)
    expect(readFileSync(file, 'utf8')).toContain('"new"')
  })

  test('is done without where it cannot be written', () => {
    const file = join(folder({ taken: '' }), 'taken', 'flambe.log')
    fileProgress(file)({ type: 'notice', message: 'x' })
    expect(existsSync(file)).toBe(false)
  })
})
