import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Whether a program is on PATH. In CI it must be; elsewhere one line says what is left out. */
export function hasProgram(name: string): boolean {
  const path = process.env['PATH'] ?? ''
  if (path.split(delimiter).some((directory) => existsSync(join(directory, name)))) return true
  if (process.env['CI']) throw new Error(`${name} is not on PATH`)
  process.stderr.write(`left out: what ${name} says (it is not on PATH)\n`)
  return false
}
