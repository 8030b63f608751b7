import type { Platform } from '../artifact/index.ts'
import { looksNative } from '../files/index.ts'
import { isRestricted, type Package, packageFolder, readPackage, runsOn } from './package-json.ts'
import { pathBelow } from './place-files.ts'
import { noBuild, type PlatformPackagesOptions, platformPackages } from './platform-packages.ts'

export type Elsewhere = {
  /** What stays of this machine's files. */
  readonly files: readonly string[]
  /** What takes the place of the rest, by path below `code/NS`. */
  readonly placed: ReadonlyMap<string, string>
}

type Folders = ReadonlyMap<string, Package>

/**
 * The files that another platform needs, when `here` are those of this one and `there` those of them that fit the other: packages made for this
 * platform alone give way to what their parents bring for the other. Paths start at `root`, the folder of the
 * extension. Throws `EXTENSION_INVALID` with the name of a package that has no build for it.
 */
export async function traceElsewhere(
  { here, there }: { readonly here: readonly string[]; readonly there: readonly string[] },
  { root, ...options }: Omit<PlatformPackagesOptions, 'directory'> & { readonly root: string },
): Promise<Elsewhere> {
  const { platform } = options
  const pathOf = (file: string) => pathBelow(root, file) ?? ''
  const packages = await packagesOf(here)
  const placed = new Map<string, string>()
  const left = new Set<string>()
  for (const [folder, one] of packages) {
    if (!isRestricted(one) || runsOn(one, platform)) continue
    left.add(folder)
    const parent = [...packages.values()].find(
      ({ optionalDependencies = {} }) => one.name in optionalDependencies,
    )
    if (!parent) throw noBuild(one.name, platform)
    const directory = folder.slice(0, folder.indexOf('/node_modules/'))
    const base = pathOf(`${folder.slice(0, -one.name.length)}x`).slice(0, -1)
    for (const [path, file] of await platformPackages(parent, { ...options, directory }))
      placed.set(`${base}${path}`, file)
  }
  const isLeft = (file: string) => left.has(packageFolder(file) ?? '')
  const files = there.filter((file) => !isLeft(file))
  assertNative(
    here.filter((file) => !isLeft(file)),
    files,
    { packages, platform },
  )
  const kept = new Set(files.map(pathOf))
  return { files, placed: new Map([...placed].filter(([path]) => !kept.has(path))) }
}

/** A package whose native files all are of this platform was built here, and has nothing for another. */
function assertNative(
  here: readonly string[],
  there: readonly string[],
  { packages, platform }: { packages: Folders; platform: Platform },
): void {
  const owners = (files: readonly string[]) => new Set(files.filter(looksNative).map(packageFolder))
  const [lacking] = owners(here).difference(owners(there))
  if (lacking !== undefined) throw noBuild(packages.get(lacking)?.name ?? lacking, platform)
}

async function packagesOf(files: readonly string[]): Promise<Folders> {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []))
  const read = await Promise.all(
    [...folders].map(async (folder) => [folder, await readPackage(folder)] as const),
  )
  return new Map(read.flatMap(([folder, one]) => (one ? [[folder, one] as const] : [])))
}
