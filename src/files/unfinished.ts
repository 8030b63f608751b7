import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isOwned, ownerMark } from './owner.ts'

/** The end of a name under which a file is being written, and the mark of the process that does. */
export const unfinishedForm = /\.flambe-writing-(\d+-\d+)\.[0-9a-f]+$/

/** Where a file is written until it is whole and takes its name. */
export const unfinishedName = (file: string): string =>
  `${file}.flambe-writing-${ownerMark()}.${randomBytes(4).toString('hex')}`

/** Removes what killed processes wrote of this file. */
export async function removeUnfinished(file: string): Promise<void> {
  for (const name of await readdir(dirname(file))) {
    const [form, mark] = unfinishedForm.exec(name) ?? []
    if (!form || !mark || name !== `${basename(file)}${form}` || isOwned(mark)) continue
    await rm(join(dirname(file), name), { force: true }).catch(() => {})
  }
}
