import type { JsonSchema } from '../construct/index.ts'

/** How a setting is written, and what it becomes. */
export type Kind<T> = {
  /** What fits, in words: `a whole number from 0 to 65535`. */
  readonly accepts: string
  /** The form in a spec's `serve:` section. */
  readonly schema: JsonSchema
  /** The value of a text (flag, environment) or of a spec's value; `undefined` for what does not fit. */
  readonly read: (given: unknown) => T | undefined
}

type Bounds = { readonly min: number; readonly max: number }

export function integer({ min, max }: Bounds): Kind<number> {
  return {
    accepts: `a whole number from ${min} to ${max}`,
    schema: { type: 'integer', minimum: min, maximum: max },
    read: (given) => {
      const value = typeof given === 'string' && /^\d+$/.test(given.trim()) ? Number(given) : given
      return Number.isSafeInteger(value) ? within(Number(value), { min, max }) : undefined
    },
  }
}

const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
const durationPattern = '^\\s*(\\d+(?:\\.\\d+)?)\\s*(ms|s|m|h)?\\s*$'

/** Becomes milliseconds. Bounds are texts of its own kind. */
export function duration(bounds: { readonly min: string; readonly max: string }): Kind<number> {
  return measure(bounds, { what: 'time', pattern: durationPattern, units: milliseconds, bare: 's' })
}

const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KiB: 2 ** 10,
  MB: 1e6,
  MiB: 2 ** 20,
  GB: 1e9,
  GiB: 2 ** 30,
}
const sizePattern = '^\\s*(\\d+(?:\\.\\d+)?)\\s*(B|kB|KiB|MB|MiB|GB|GiB)?\\s*$'

/** Becomes bytes. */
export function size(bounds: { readonly min: string; readonly max: string }): Kind<number> {
  return measure(bounds, { what: 'size', pattern: sizePattern, units: bytes, bare: 'B' })
}

type Measure = {
  readonly what: string
  readonly pattern: string
  readonly units: Readonly<Record<string, number>>
  /** The unit of a bare number. */
  readonly bare: string
}

function measure(
  { min, max }: { min: string; max: string },
  { what, pattern, units, bare }: Measure,
): Kind<number> {
  const read = (given: unknown) => {
    const [, number, unit = bare] = new RegExp(pattern).exec(String(given)) ?? []
    return number === undefined ? undefined : Math.round(Number(number) * (units[unit] ?? 1))
  }
  const bounds = { min: read(min) ?? 0, max: read(max) ?? 0 }
  return {
    accepts: `a ${what} from ${min} to ${max}`,
    schema: { type: ['string', 'number'], pattern, minimum: 0 },
    read: (given) => {
      const value = read(given)
      return value === undefined ? undefined : within(value, bounds)
    },
  }
}

export function boolean(): Kind<boolean> {
  const words = new Map<unknown, boolean>([
    [true, true],
    [false, false],
    ...['1', 'true', 'yes', 'on'].map((word) => [word, true] as const),
    ...['0', 'false', 'no', 'off'].map((word) => [word, false] as const),
  ])
  return {
    accepts: 'true or false',
    schema: { type: 'boolean' },
    read: (given) => words.get(typeof given === 'string' ? given.trim().toLowerCase() : given),
  }
}

export function text({ pattern, accepts }: { pattern: string; accepts: string }): Kind<string> {
  const fits = new RegExp(pattern)
  return {
    accepts,
    schema: { type: 'string', pattern },
    read: (given) => (typeof given === 'string' && fits.test(given) ? given : undefined),
  }
}

export function choice<const T extends string>(choices: readonly T[]): Kind<T> {
  return {
    accepts: `one of ${choices.join(', ')}`,
    schema: { enum: choices },
    read: (given) => choices.find((one) => one === given),
  }
}

/** Several texts: a list in a spec, separated by commas in a flag or the environment. */
export function list(item: Kind<string>): Kind<readonly string[]> {
  return {
    accepts: `${item.accepts}; several with commas between`,
    schema: { type: 'array', items: item.schema },
    read: (given) => {
      const parts = typeof given === 'string' ? given.split(',').map((part) => part.trim()) : given
      if (!Array.isArray(parts)) return undefined
      const read = parts.filter((part) => part !== '').map(item.read)
      return read.every((part) => part !== undefined) ? read : undefined
    },
  }
}

function within(value: number, { min, max }: Bounds): number | undefined {
  return value >= min && value <= max ? value : undefined
}
