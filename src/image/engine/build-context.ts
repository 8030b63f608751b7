import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, relative } from 'node:path'
import { Readable } from 'node:stream'

/**
 * The tar of a folder for `docker build`, without what `NAME.dockerignore` beside the Dockerfile, or else `.dockerignore`, names; the Dockerfile itself
 * always goes. https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export async function packContext(folder: string, dockerfile: string): Promise<Readable> {
  const [{ pack }, { default: rulesOf }] = await Promise.all([
    import('tar-fs'),
    import('@balena/dockerignore'),
  ])
  const rules = await ignoreRules(folder, dockerfile)
  const matcher = rulesOf.default().add(rules)
  const hasExceptions = /^\s*!/m.test(rules)
  const tar = pack(folder, {
    ignore(path) {
      const name = relative(folder, path)
      if (name === '' || name === basename(dockerfile) || !matcher.ignores(name)) return false
      // Below an ignored folder there may be what a later line takes back.
      return !(hasExceptions && statSync(path, { throwIfNoEntry: false })?.isDirectory())
    },
  })
  return Readable.from(tar)
}

async function ignoreRules(folder: string, dockerfile: string): Promise<string> {
  for (const path of [`${dockerfile}.dockerignore`, `${folder}/.dockerignore`]) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return text
  }
  return ''
}
