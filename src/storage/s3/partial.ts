import { randomBytes } from 'node:crypto'
import { readdir, readFile, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isOwned, nobody, ownerMark } from '../../files/index.ts'

/** A file that is being downloaded, under a name that says by whom. */
export type PartialFile = {
  readonly file: string
  /** Beside it: the starts of the ranges that it has, one a line. */
  readonly note: string
  readonly done: ReadonlySet<number>
  /** Leaves it to whoever wants the same bytes next. */
  readonly release: () => Promise<void>
}

/** A file to download `target` in: one that nobody works on any more, with what it has, or a new one. */
export async function claimPartial(target: string, sha256: string): Promise<PartialFile> {
  const directory = dirname(target)
  const start = `${basename(target)}.${sha256.slice(0, 12)}.`
  const nameOf = (mark: string) =>
    join(directory, `${start}${mark}.${randomBytes(3).toString('hex')}${ending}`)
  const file = nameOf(ownerMark())
  const note = noteOf(file)
  const release = () => move(file, nameOf(nobody)).catch(() => {})
  const left = (await readdir(directory)).filter(
    (name) => name.startsWith(start) && name.endsWith(ending) && !isOwned(markOf(name.slice(start.length))),
  )
  for (const name of left) {
    // Another process may have taken it since.
    const ranges = await move(join(directory, name), file).then(
      () => readFile(note, 'utf8').catch(() => ''),
      () => undefined,
    )
    if (ranges === undefined) continue
    return { file, note, release, done: new Set(ranges.split('\n').slice(0, -1).map(Number)) }
  }
  return { file, note, release, done: new Set() }
}

const ending = '.part'
const noteOf = (file: string) => `${file}.ranges`
const markOf = (name: string) => name.split('.')[0] ?? ''

/** The file first: who has it has the note. */
async function move(from: string, to: string): Promise<void> {
  await rename(from, to)
  await rename(noteOf(from), noteOf(to)).catch(() => {})
}
