import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform } from '../artifact/index.ts'

/** What we read of a package.json: https://docs.npmjs.com/cli/v11/configuring-npm/package-json */
export type Package = {
  readonly name: string
  readonly version?: string
  readonly license?: string | { readonly type?: string }
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** The package.json in a folder; undefined if there is none, or one without a name. */
export async function readPackage(folder: string): Promise<Package | undefined> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
  const json = text === undefined ? undefined : (JSON.parse(text) as Partial<Package>)
  return json?.name ? { ...json, name: json.name } : undefined
}

/** The folder of the package that a file belongs to. */
export function packageFolder(file: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/@][^/]*(?=\/)/.exec(file)?.[0]
}

/** Whether a package is made for some platforms only. */
export function isRestricted({ os, cpu, libc }: Package): boolean {
  return os !== undefined || cpu !== undefined || libc !== undefined
}

/** Whether npm would install the package on that platform. */
export function runsOn({ os, cpu, libc }: Package, platform: Platform): boolean {
  return (
    allows(os, platform.os) && allows(cpu, platform.arch) && (!platform.libc || allows(libc, platform.libc))
  )
}

/** `["linux", "darwin"]`, or `["!win32"]`. */
function allows(list: readonly string[] | undefined, value: string): boolean {
  if (list === undefined) return true
  const wanted = [list].flat().filter((one) => !one.startsWith('!'))
  return !list.includes(`!${value}`) && (wanted.length === 0 || wanted.includes(value))
}
