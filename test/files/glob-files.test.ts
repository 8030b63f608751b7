import { statSync, symlinkSync } from 'node:fs'
import { glob } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { globFiles } from '../../src/files/index.ts'
import { folder } from '../helpers/folder.ts'

const files = [
  'x',
  'y.txt',
  '.x',
  'a/x',
  'a/.b/x',
  'a/b/y.txt',
  'a/b/c/x+y',
  'a/a/x',
  'b/a/(y)',
  '.b/x',
  'ab/x^',
]

describe('the files that a pattern names', () => {
  test("are those that Node's own matcher gives", async () => {
    const directory = folder(Object.fromEntries(files.map((path) => [path, path])))
    const of = (...parts: string[]) => fc.constantFrom('*', '**', '?', 'a*', '*b', ...parts)
    const middle = of('a', 'b', '.b', '.*', '.', '[ab]', 'a/..')
    const last = of('x', '*.txt', 'x+y', '*^', '?x', '[!x]*', '+(x|y.txt)', '')
    const pattern = fc.tuple(
      fc.constantFrom('', './', `${directory}/`),
      fc.array(middle, { maxLength: 3 }),
      last,
    )
    const property = fc.asyncProperty(pattern, async ([start, parts, end]) => {
      const text = start + [...parts, end].join('/')
      expect((await globFiles(text, { directory })).sort()).toEqual(await byNode(text, directory))
    })
    await fc.assert(property, { numRuns: 500 })
  })

  test('are those of each alternative in braces', async () => {
    const directory = folder(Object.fromEntries(files.map((path) => [path, path])))
    const named = async (pattern: string) => (await globFiles(pattern, { directory })).sort()
    const paths = (...names: string[]) => names.map((name) => join(directory, name))
    expect(await named('**/a/{a/b,b}/*')).toEqual(paths('a/b/y.txt'))
    expect(await named('{*.txt,a/{x,b/*},gone}')).toEqual(paths('a/b/y.txt', 'a/x', 'y.txt'))
    expect(await named('{a,*}/x')).toEqual(paths('a/x'))
  })

  test('include linked files, and what is in a linked folder only where the pattern leads into it', async () => {
    const directory = folder({ 'real/x': '', 'real/deep/x': '', 'real/y': '' })
    symlinkSync('real', join(directory, 'linked'))
    symlinkSync('y', join(directory, 'real/to-y'))
    symlinkSync('nowhere', join(directory, 'real/to-nothing'))
    const named = async (pattern: string) =>
      (await globFiles(pattern, { directory })).map((path) => path.slice(directory.length + 1)).sort()
    expect(await named('real/*')).toEqual(['real/to-y', 'real/x', 'real/y'])
    expect(await named('linked/**/x')).toEqual(['linked/deep/x', 'linked/x'])
    expect(await named('**/x')).toEqual(['real/deep/x', 'real/x'])
    expect(await named('*/x')).toEqual(['real/x'])
    for (const pattern of [
      'real/*',
      'linked/*',
      'linked/**/x',
      '**/x',
      '**/*',
      '**',
      '*/x',
      'linked/*/x',
      'real/y/**',
    ]) {
      const own = (await globFiles(pattern, { directory })).sort()
      expect(own, pattern).toEqual(await byNode(pattern, directory))
    }
  })

  test('are none where there is no such folder', async () => {
    expect(await globFiles('gone/*', { directory: folder() })).toEqual([])
  })
})

async function byNode(pattern: string, directory: string): Promise<string[]> {
  const found = new Set<string>()
  for await (const entry of glob(pattern, { cwd: directory, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (statSync(path, { throwIfNoEntry: false })?.isFile()) found.add(path)
  }
  return [...found].sort()
}
