import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCodes, exitStatus, FlambeError } from '../src/errors.ts'
import { version } from '../src/version.ts'

test('docs/errors.md lists exactly the codes of the table, with their exit status, summary and remedy', () => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (.*) \| (.*) \|$/gm)].map(
    ([, code, exit, summary, remedy]) => [code, { exit: Number(exit), summary, remedy }],
  )
  expect(Object.fromEntries(rows)).toEqual(errorCodes)
})

test('an error that is not ours exits 70', () => {
  expect(exitStatus(new Error('x'))).toBe(70)
  expect(exitStatus(new FlambeError('DENIED', 'x'))).toBe(77)
})

test('the version in the sources is that of the package', () => {
  const { version: published } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  expect(version).toBe(published)
})
