import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { folder } from './helpers/folder.ts'

// A fence says what it is after its language: `file=PATH` is written, `run` is run in the same folder, `output` is what the last run printed.

type Fence = { readonly words: readonly string[]; readonly text: string; readonly line: number }

const root = join(import.meta.dirname, '..')
const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })].sort()
const withExamples = pages.filter((page) => fencesOf(page).some(({ words }) => words.includes('run')))

test.each(withExamples)('the examples of %s do what it says', (page) => {
  const directory = workplace()
  let printed = ''
  for (const { words, text, line } of fencesOf(page)) {
    const file = words.find((word) => word.startsWith('file='))?.slice('file='.length)
    if (file !== undefined) write(join(directory, file), text)
    if (words.includes('run')) printed = run(directory, text, `${page}:${line}`)
    if (words.includes('output')) expect(printed.trim(), `${page}:${line}`).toMatch(pattern(text.trim()))
  }
})

test.each(pages)('links of %s lead somewhere', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*/, ''))
  const local = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target))
  expect(local.filter((target) => globSync(join(root, dirname(page), target)).length === 0)).toEqual([])
})

function fencesOf(page: string): Fence[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(({ 1: info = '', 2: body = '', index }) => ({
    words: info.split(/\s+/).slice(1),
    text: body,
    line: text.slice(0, index).split('\n').length,
  }))
}

/** An empty project in which flambe is installed, and the examples lie beside it. */
function workplace(): string {
  const directory = folder()
  const bin = join(directory, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(root, join(directory, 'node_modules', 'flambe'))
  symlinkSync(join(root, 'bin', 'run.js'), join(bin, 'flambe'))
  symlinkSync(join(root, 'examples'), join(directory, 'examples'))
  return directory
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function run(directory: string, script: string, place: string): string {
  const path = [join(directory, 'node_modules', '.bin'), dirname(process.execPath), process.env['PATH']]
  const env = { ...process.env, PATH: path.join(delimiter), FLAMBE_HOME: join(directory, '.home') }
  try {
    return execFileSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: directory,
      env,
      encoding: 'utf8',
      stdio: 'pipe',
    })
  } catch (error) {
    throw new Error(`the example at ${place} failed`, { cause: error })
  }
}

/** What was printed, where `…` stands for anything. */
function pattern(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*?')}$`)
}
