import { run, settings } from '@oclif/core'
import { errorCodes } from '../errors.ts'

/** Runs the command line `args`; ends the process with the status of what happened. */
export async function main(args: readonly string[]): Promise<never> {
  // A reader that went away (`flambe … | head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
  // With NODE_ENV=development or test oclif would look for TypeScript sources of ours, and load the compiler for it.
  settings.enableAutoTranspile = false
  try {
    await run(expandShortForm(args), import.meta.dirname)
  } catch (error) {
    process.exitCode = usageStatus(error)
  }
  // Handles that user code left open would keep the process; its output may still wait for a slow reader.
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit()
}

/** Ends when all that was written before has gone out: writes to a pipe are not waited for. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

/** `flambe spec.yaml` is short for `flambe run spec.yaml`. */
function expandShortForm(args: readonly string[]): string[] {
  const first = args.find((arg) => !arg.startsWith('-'))
  return first !== undefined && /\.ya?ml$/i.test(first) ? ['run', ...args] : [...args]
}

/** oclif throws for what it printed already (help: status 0) and for a command line that it cannot read. */
function usageStatus(error: unknown): number {
  if (!(error instanceof Error)) return errorCodes.BUG.exit
  const { oclif } = error as Error & { readonly oclif?: { readonly exit?: number } }
  if (oclif?.exit === 0) return 0
  process.stderr.write(`error ${error.message}\n`)
  return oclif ? errorCodes.USAGE.exit : errorCodes.BUG.exit
}
