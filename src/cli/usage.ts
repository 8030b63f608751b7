import { stripVTControlCharacters } from 'node:util'
import { FlambeError } from '../errors.ts'

/** What a mistake in a command line is compared with. */
export type CommandWords = {
  /** As it is typed: `cache prune`. */
  readonly name: string
  readonly flags: readonly string[]
  /** As `--help` shows the first one. */
  readonly example: string | undefined
}

/** What oclif throws for a command line that it cannot read, as one of our failures. */
export async function usageError(error: Error, { name, flags, example }: CommandWords): Promise<FlambeError> {
  const usage = (message: string, ...hints: readonly (string | undefined)[]) =>
    new FlambeError('USAGE', message, {
      hint: sentences(...hints, `flambe ${name} --help shows arguments and flags`),
    })
  const { flags: unknown, args } = error as { readonly flags?: unknown; readonly args?: unknown }
  if (isTexts(unknown)) {
    const near = await suggestion(unknown, flags)
    return usage(`flambe ${name} has no flag ${unknown.join(', ')}`, near)
  }
  if (isTexts(args)) {
    return usage(`flambe ${name} takes no further argument, and got "${args.join('", "')}"`)
  }
  if (Array.isArray(args)) {
    const missing = args.map((arg: { name: string; description?: string }) => {
      return `${arg.name.toUpperCase()}${arg.description ? ` (${arg.description})` : ''}`
    })
    return usage(`flambe ${name} needs ${missing.join(' and ')}`, example && `for example: ${example}`)
  }
  return usage(plain(error.message))
}

/** What oclif throws where no command of ours ran: mostly there is none of that name. `known` are names as they are typed. */
export async function commandError(
  error: Error,
  args: readonly string[],
  known: readonly string[],
): Promise<FlambeError> {
  const usage = (message: string, ...hints: readonly (string | undefined)[]) =>
    new FlambeError('USAGE', message, { hint: sentences(...hints, 'flambe --help lists the commands') })
  const [first = '', second = ''] = args
  if (first.startsWith('-')) return usage(`a command comes first, and "${first}" is none`)
  if (known.includes(first) || known.includes(`${first} ${second}`)) return usage(plain(error.message))
  const isTopic = known.some((name) => name.startsWith(`${first} `))
  const name = isTopic ? `${first} ${second}` : first
  const { closest } = await import('../suggest.ts')
  return usage(`there is no command "${name}"`, question(closest(name, known).map((one) => `flambe ${one}`)))
}

async function suggestion(unknown: readonly string[], flags: readonly string[]): Promise<string | undefined> {
  const { closest } = await import('../suggest.ts')
  return question(
    unknown
      .filter((flag) => flag.startsWith('--'))
      .flatMap((flag) => closest(flag.slice(2), flags).map((one) => `--${one}`)),
  )
}

function question(near: readonly string[]): string | undefined {
  return near.length > 0 ? `did you mean ${near.join(' or ')}?` : undefined
}

function sentences(...hints: readonly (string | undefined)[]): string {
  return hints
    .filter((hint) => hint !== undefined)
    .join('; ')
    .replaceAll('?; ', '? ')
}

/** oclif's text in one line, without its colours and its own pointer to the help. */
function plain(message: string): string {
  return stripVTControlCharacters(message)
    .replace(/\s*See more help with --help$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing (--\S+)\s+/, '$1: ')
    .replace(/\s*\n\s*/g, ', ')
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase())
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string')
}
