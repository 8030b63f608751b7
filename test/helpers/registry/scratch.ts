import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
afterAll(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true })
})

/** A temporary folder that lasts as long as the tests of its file. */
export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), 'flambe-registry-'))
  made.push(directory)
  return directory
}
