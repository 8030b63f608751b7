import { FlambeError } from '../errors.ts'

export type Versioned = {
  readonly type: string
  readonly version: string
  /** Digest of the class's source; compared where a version is `0.0.0`, which stands for none. */
  readonly source?: string
}

export type Comparison = { readonly level: 'same' | 'debug' | 'warning' | 'error'; readonly message: string }

/** What it means that the class was saved as `saved` and is now `present`: another major is an error, another minor a warning. */
export function compareVersions(saved: Versioned, present: Versioned): Comparison {
  const [before, now] = [parse(saved), parse(present)]
  const told = (kind: string) =>
    `${present.type} was saved as version ${saved.version} and is now ${present.version} (${kind})`
  if (isNone(before) || isNone(now)) return compareSources(saved, present)
  if (before[0] !== now[0]) return { level: 'error', message: told('another major version') }
  if (before[1] !== now[1]) return { level: 'warning', message: told('another minor version') }
  if (before[2] !== now[2]) return { level: 'debug', message: told('another patch') }
  return { level: 'same', message: '' }
}

function compareSources(saved: Versioned, present: Versioned): Comparison {
  if (saved.source === undefined || present.source === undefined || saved.source === present.source) {
    return { level: 'same', message: '' }
  }
  return {
    level: 'warning',
    message: `the source of ${present.type} has changed since it was saved, and it has no version`,
  }
}

/** Whether a text is a version such as 1.2.3, with or without a pre-release or build tag: https://semver.org */
export function isVersion(version: unknown): boolean {
  return typeof version === 'string' && form.test(version)
}

const form = /^(\d+)\.(\d+)\.(\d+)(?:[-+].*)?$/

/** A pre-release or build tag is read and does not count. */
function parse({ type, version }: Versioned): readonly [number, number, number] {
  const match = form.exec(version)
  if (match) return [Number(match[1]), Number(match[2]), Number(match[3])]
  throw new FlambeError(
    'COMPONENT_INVALID',
    `the version of ${type} is "${version}", and not of the form 1.2.3`,
  )
}

const isNone = (version: readonly number[]) => version.every((part) => part === 0)
