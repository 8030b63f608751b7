import { readFileSync } from 'node:fs'
import { dirname, relative } from 'node:path'
import type { LocatedNotice } from './describe-program.ts'

/**
 * `engine.ts:12: ClassifierEngine.predict input.log: ...`, with the path relative to the entry's folder. The answer may
 * be older than the file: then the nearest line of the same text is meant.
 */
export function formatNotice({ message, file, line, source }: LocatedNotice, entry: string): string {
  return `${relative(dirname(entry), file)}:${lineNow(file, line, source)}: ${message}`
}

function lineNow(file: string, line: number, source: string): number {
  const found = linesOf(file).flatMap((text, index) => (text.trim() === source ? [index + 1] : []))
  return found.sort((a, b) => Math.abs(a - line) - Math.abs(b - line))[0] ?? line
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}
