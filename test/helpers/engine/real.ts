import { execFileSync } from 'node:child_process'
import { onTestFinished } from 'vitest'
import { type Engine, findEngine, openEngine } from '../../../src/image/index.ts'

const options = { env: process.env, home: process.env['HOME'] }
const { failure } = await findEngine(options)

/** Whether an engine answers here. In CI one must; elsewhere one line says what is left out. */
export function hasEngine(what: string): boolean {
  if (!failure) return true
  if (process.env['CI']) throw new Error(`${what} needs a Docker engine: ${failure.message}`)
  process.stderr.write(`left out: ${what} (${failure.message})\n`)
  return false
}

export const realEngine = (): Promise<Engine> => openEngine(options)

/** A name for an image of one test; images of that name go when it ends. */
export function imageName(): string {
  const name = `flambe-test-${process.pid}-${Math.random().toString(36).slice(2, 8)}`
  onTestFinished(() => {
    const names = docker('images', '--format', '{{.Repository}}:{{.Tag}}', name).split('\n').filter(Boolean)
    if (names.length > 0) docker('rmi', '--force', ...names)
  })
  return name
}

/** The docker command's stdout, without the last newline. */
export function docker(...args: readonly string[]): string {
  return execFileSync('docker', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trimEnd()
}
