import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A temporary folder with these files in it, removed when the test that asked for it has ended. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'flambe-test-')))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), content)
  }
  return directory
}

/** A copy of one of the examples in a temporary folder. */
export function exampleCopy(name: string): string {
  const directory = folder()
  const source = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url))
  cpSync(source, directory, { recursive: true, filter: (path) => !/\/(out|node_modules)(\/|$)/.test(path) })
  return directory
}
