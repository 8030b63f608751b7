import { Config, type Errors, run, settings } from '@oclif/core'
import { exitStatus } from '../errors.ts'
import { wantsColor } from './environment.ts'
import { createStyle } from './style.ts'

/** Runs the command line `args`; ends the process with the status of what happened. */
export async function main(args: readonly string[]): Promise<never> {
  // A reader that went away (`flambe … | head`) is no failure of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0)
    throw error
  })
  // With NODE_ENV=development or test oclif would look for TypeScript sources of ours, and load the compiler for it.
  settings.enableAutoTranspile = false
  const expanded = expandShortForm(args)
  try {
    await run(expanded, import.meta.dirname)
  } catch (error) {
    process.exitCode = await failed(error, expanded)
  }
  // Handles that user code left open would keep the process; its output may still wait for a slow reader.
  await Promise.all([written(process.stdout), written(process.stderr)])
  process.exit()
}

/** Ends when all that was written before has gone out: writes to a pipe are not waited for. */
function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => stream.write('', () => resolve()))
}

/** `flambe spec.yaml` is short for `flambe run spec.yaml`, and `flambe help build` for `flambe build --help`. */
function expandShortForm(args: readonly string[]): string[] {
  const first = args.find((arg) => !arg.startsWith('-'))
  if (first === 'help') return [...args.filter((arg) => arg !== first), '--help']
  return first !== undefined && /\.ya?ml$/i.test(first) ? ['run', ...args] : [...args]
}

/** Tells what went wrong outside of a command, which tells its own failures. oclif throws for a help that it printed, too. */
async function failed(error: unknown, args: readonly string[]): Promise<number> {
  if (isOfOclif(error) && error.oclif.exit === 0) return 0
  const [{ commandError }, { errorJson, formatError }] = await Promise.all([
    import('./usage.ts'),
    import('./report-error.ts'),
  ])
  const { commandIDs } = await Config.load(import.meta.dirname)
  const known = commandIDs.map((id) => id.replaceAll(':', ' '))
  const failure = isOfOclif(error) ? await commandError(error, args, known) : error
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(errorJson(failure), null, 2)}\n`)
  else {
    const style = createStyle(wantsColor(process.stderr))
    process.stderr.write(`${formatError(failure, { style, debug: args.includes('--debug') })}\n`)
  }
  return exitStatus(failure)
}

/** By its form: a plugin brings a copy of oclif's classes. */
function isOfOclif(error: unknown): error is Errors.CLIError {
  return error instanceof Error && 'oclif' in error
}
