import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DependencyEntry } from '../artifact/index.ts'
import { packageFolder, readPackage } from './package-json.ts'

/** The packages that these files belong to, with what the lock file of their installation says of them. */
export async function dependenciesOf(files: readonly string[]): Promise<readonly DependencyEntry[]> {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined))
  const locks = new Map<string, ReadonlyMap<string, string>>()
  const found: DependencyEntry[] = []
  for (const folder of folders) {
    const { name, version, license } = (await readPackage(folder)) ?? {}
    if (!name || !version) continue
    const root = folder.slice(0, folder.indexOf('/node_modules/'))
    const lock = locks.get(root) ?? (await readLock(root))
    locks.set(root, lock)
    const integrity = lock.get(folder.slice(root.length + 1))
    const terms = typeof license === 'string' ? license : license?.type
    found.push({ name, version, ...(integrity && { integrity }), ...(terms && { license: terms }) })
  }
  const key = ({ name, version }: DependencyEntry) => `${name}@${version}`
  const unique = new Map(found.map((entry) => [key(entry), entry]))
  return [...unique.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** npm's own record of what it installed: path -> integrity. */
async function readLock(root: string): Promise<ReadonlyMap<string, string>> {
  for (const name of ['node_modules/.package-lock.json', 'package-lock.json']) {
    const text = await readFile(join(root, name), 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const { packages = {} } = JSON.parse(text) as {
      readonly packages?: Readonly<Record<string, { integrity?: string }>>
    }
    return new Map(
      Object.entries(packages).flatMap(([path, { integrity }]) => (integrity ? [[path, integrity]] : [])),
    )
  }
  return new Map()
}
