import { join } from 'node:path'
import { Command, Flags, type Interfaces } from '@oclif/core'
import { exitStatus, FlambeError } from '../errors.ts'
import type { Progress } from '../progress.ts'
import { homeDirectory, wantsColor } from './environment.ts'
import { formatSummary } from './format-summary.ts'
import { interruptSignal } from './interrupt.ts'
import { fileProgress } from './log-file.ts'
import { jsonProgress } from './progress/json.ts'
import { lineProgress } from './progress/lines.ts'
import { createStyle, type Style } from './style.ts'

/** What every command is given to work with, beside its own flags. */
export type Session = {
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly cacheDirectory: string
  readonly style: Style
}

type ParsedFlags<T extends typeof Command> = Interfaces.InferredFlags<T['flags']> & CommonFlags
type CommonFlags = { readonly debug: boolean; readonly verbose: boolean; readonly quiet: boolean }

/**
 * The ground of every command: common flags, progress on stderr, one AbortSignal, and failures told once.
 * stdout carries the result alone.
 */
export abstract class FlambeCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    debug: Flags.boolean({ char: 'd', description: 'show stack traces', helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({ char: 'v', description: 'tell more of what happens', helpGroup: 'GLOBAL' }),
    quiet: Flags.boolean({ char: 'q', description: 'tell failures only', helpGroup: 'GLOBAL' }),
  }

  /** Milliseconds that work has to end once it was interrupted; `Infinity` where it ends by a plan of its own. */
  protected readonly patience: number = 3000

  #flags: CommonFlags = { debug: false, verbose: false, quiet: false }
  #signal: AbortSignal | undefined
  readonly #started = performance.now()
  #stop: () => void = () => {}

  /** Parses the command line, and opens the session that the command works in. */
  protected async open<T extends typeof Command>(
    command: T,
  ): Promise<{
    readonly flags: ParsedFlags<T>
    readonly args: Interfaces.InferredArgs<T['args']>
    /** The words that are no flags, as they are. */
    readonly argv: readonly unknown[]
    readonly session: Session
  }> {
    const { flags, args, argv } = await this.parse(command)
    const parsed = flags as ParsedFlags<T>
    this.#flags = parsed
    this.#signal = interruptSignal({ patience: this.patience, giveUp: () => this.#giveUp() })
    const { cacheDirectory } = await import('../files/index.ts')
    const session = {
      progress: await this.#openProgress(parsed),
      signal: this.#signal,
      cacheDirectory: cacheDirectory(),
      style: createStyle(wantsColor(process.stderr)),
    }
    return { flags: parsed, args: args as Interfaces.InferredArgs<T['args']>, argv, session }
  }

  /** Writes the result to stdout. */
  protected output(text: string): void {
    if (!this.jsonEnabled()) process.stdout.write(`${text}\n`)
  }

  /** Says a word to the person at the terminal: on stderr, beside the result. */
  protected tell(text: string): void {
    if (!this.jsonEnabled() && !this.#flags.quiet) process.stderr.write(`${text}\n`)
  }

  /** Ends long work with one line on what it came to; before the result, so that this stands last. */
  protected summarize(details: object): void {
    this.#stop()
    this.#stop = () => {}
    this.tell(formatSummary(details, { took: performance.now() - this.#started }))
  }

  async #openProgress({ verbose, quiet }: CommonFlags): Promise<Progress> {
    const log = fileProgress(join(homeDirectory(), 'logs', 'flambe.log'))
    const shown = quiet ? undefined : await this.#shownProgress(verbose)
    return (event) => {
      log(event)
      shown?.(event)
    }
  }

  async #shownProgress(verbose: boolean): Promise<Progress> {
    const write = (text: string) => void process.stderr.write(text)
    if (this.jsonEnabled()) return jsonProgress(write)
    const style = createStyle(wantsColor(process.stderr))
    if (!process.stderr.isTTY) return lineProgress({ write, style, verbose })
    const { treeProgress } = await import('./progress/tree.ts')
    const { progress, stop } = treeProgress({ stream: process.stderr, style, verbose })
    this.#stop = stop
    return progress
  }

  protected override async catch(error: Error): Promise<void> {
    this.#stop()
    const failure = this.#signal?.aborted ? this.#signal.reason : await this.#ofCommandLine(error)
    await this.report(failure)
    process.exitCode = exitStatus(failure)
  }

  /** What oclif throws tells of the command line. */
  async #ofCommandLine(error: Error): Promise<Error> {
    if (!('oclif' in error)) return error
    // oclif warns of commands that look at no arguments, and takes this one for such.
    this.parsed = true
    const { usageError } = await import('./usage.ts')
    const { id, flags, baseFlags, examples } = this.ctor
    const [example] = examples ?? []
    return usageError(error, {
      name: id.replaceAll(':', ' '),
      flags: Object.keys({ ...flags, ...baseFlags, json: true, help: true }),
      example: typeof example === 'string' ? example.replace('<%= config.bin %>', 'flambe') : undefined,
    })
  }

  #giveUp(): void {
    void this.catch(this.#signal?.reason).finally(() => process.exit())
  }

  /** Shows a failure. */
  protected async report(failure: unknown): Promise<void> {
    const { errorJson, formatError } = await import('./report-error.ts')
    if (this.jsonEnabled()) return this.logJson(errorJson(failure))
    const style = createStyle(wantsColor(process.stderr))
    process.stderr.write(`${formatError(failure, { style, debug: this.#flags.debug })}\n`)
  }

  protected override async finally(): Promise<void> {
    this.#stop()
  }

  /** A failure as data, as `--json` shows it. */
  protected async failureJson(error: unknown): Promise<object> {
    const { errorJson } = await import('./report-error.ts')
    return errorJson(error)
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${JSON.stringify(json, null, 2)}\n`)
  }
}

/** A `--set key=value` as it must look; the value is YAML. */
export function parseOverride(text: string): { readonly path: string; readonly value: string } {
  const at = text.indexOf('=')
  if (at < 1) {
    throw new FlambeError('USAGE', `--set takes key.path=value, and got "${text}"`)
  }
  return { path: text.slice(0, at), value: text.slice(at + 1) }
}
