import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../../bin/run.js', import.meta.url))

export type CliResult = {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export type CliOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly stdin?: string
  /** Called with the child's process once it runs: to send it a signal. */
  readonly onSpawn?: (child: ChildProcess) => void
}

/** Runs the built command line as a user does, in a process of its own. */
export function flambe(
  args: readonly string[],
  { cwd, env, stdin = '', onSpawn }: CliOptions = {},
): Promise<CliResult> {
  const child = spawn(process.execPath, [bin, ...args], {
    ...(cwd && { cwd }),
    env: { ...process.env, ...env },
  })
  onSpawn?.(child)
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text
  })
  child.stdin.on('error', () => {})
  child.stdin.end(stdin)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status, signal) => resolve({ status, signal, ...output }))
  })
}
