import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { codeOf, fileFailure } from './failure.ts'

/*
 * A folder cannot take another's name in one step (Node has no renameat2). So a complete folder is first named
 * `.NAME.flambe-next-PID-x`, the old one steps aside as `.NAME.flambe-old-PID-x`, and the new one takes the name.
 * Between the last two steps the name is free, and whoever looks for it (`settledDirectory`) finds the complete
 * `next` beside it: at every moment, and after a kill at any, readers get the old folder or the new one.
 */
const mostTurns = 50

type Role = 'writing' | 'next' | 'old'

/**
 * Makes `target` the folder that `write` fills, as a whole or not at all. What stood there before is removed
 * after; its files may be linked into the new one by `write`.
 */
export async function replaceDirectory(
  target: string,
  write: (temporary: string) => Promise<void>,
): Promise<void> {
  const parent = dirname(target)
  const created = await mkdir(parent, { recursive: true }).catch((error) => {
    throw fileFailure(error, `creating ${parent}`)
  })
  await removeLeftovers(target)
  // Not mkdtemp: that makes a folder that only its owner may read.
  const temporary = join(parent, `.${nameOf(target, 'writing')}${randomBytes(4).toString('hex')}`)
  await mkdir(temporary).catch((error) => {
    throw fileFailure(error, `writing into ${parent}`)
  })
  try {
    await write(temporary)
    await takeName(target, temporary)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    if (created !== undefined) await removeEmpty(parent, created)
    throw fileFailure(error, `writing ${target}`)
  }
}

/** Takes back the folders from `first` down to `last`, but none that somebody else has put something into meanwhile. */
async function removeEmpty(last: string, first: string): Promise<void> {
  for (let folder = last; folder.length >= first.length; folder = dirname(folder)) {
    if (!(await rmdir(folder).then(yes, no))) return
  }
}

const yes = () => true
const no = () => false

/** Where the folder of this name is: at its name, or, after a kill in the middle of a replacement, beside it. */
export async function settledDirectory(target: string): Promise<string> {
  const siblings = await leftovers(target)
  const next = siblings.findLast(({ role }) => role === 'next')
  if (!next || (await exists(target))) return target
  return rename(next.path, target).then(
    () => target,
    () => next.path,
  )
}

async function takeName(target: string, temporary: string): Promise<void> {
  const unique = basename(temporary).slice(`.${nameOf(target, 'writing')}`.length)
  const sibling = (role: Role, turn = '') => join(dirname(target), `.${nameOf(target, role)}${unique}${turn}`)
  await sync(temporary)
  const next = sibling('next')
  await rename(temporary, next)
  try {
    // Another writer may take the name in between: then its folder steps aside too, and the last one stays.
    for (let turn = 0; !(await tookName(target, { next, old: sibling('old', `-${turn}`) })); turn++) {
      if (turn === mostTurns) throw new FlambeError('UNAVAILABLE', `others keep writing ${target}`)
    }
    await sync(dirname(target))
  } finally {
    await rm(next, { recursive: true, force: true })
  }
}

async function tookName(target: string, { next, old }: { next: string; old: string }): Promise<boolean> {
  await stepAside(target, old)
  try {
    await rename(next, target)
    return true
  } catch (error) {
    // A reader that found the name free has put the folder there already.
    if (codeOf(error) === 'ENOENT') return true
    if (codeOf(error) === 'ENOTEMPTY' || codeOf(error) === 'EEXIST') return false
    await rename(old, target).catch(() => {})
    throw error
  } finally {
    await rm(old, { recursive: true, force: true })
  }
}

async function stepAside(target: string, old: string): Promise<void> {
  try {
    await rename(target, old)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
  }
}

/** Removes what dead processes left; finishes the replacement that one of them did not. */
async function removeLeftovers(target: string): Promise<void> {
  await settledDirectory(target)
  for (const { path, pid } of await leftovers(target)) {
    if (!isAlive(pid)) await rm(path, { recursive: true, force: true })
  }
}

async function leftovers(target: string): Promise<{ path: string; role: Role; pid: number }[]> {
  const names = await readdir(dirname(target)).catch(() => [])
  const start = `.${basename(target)}.flambe-`
  return names
    .filter((name) => name.startsWith(start))
    .flatMap((name) => {
      const match = /^(writing|next|old)-(\d+)-/.exec(name.slice(start.length))
      if (!match) return []
      return [{ path: join(dirname(target), name), role: match[1] as Role, pid: Number(match[2]) }]
    })
}

const nameOf = (target: string, role: Role) => `${basename(target)}.flambe-${role}-${process.pid}-`

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Puts a folder's entries on the disk before the next step counts on them; file systems that cannot are left alone. */
async function sync(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined)
  await handle?.sync().catch(() => {})
  await handle?.close()
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    (error) => codeOf(error) !== 'ENOENT',
  )
}
