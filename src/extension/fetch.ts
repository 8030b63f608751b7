import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { FlambeError } from '../errors.ts'
import { replaceDirectory, sha256 } from '../files/index.ts'
import { findEntry } from './entry.ts'
import type { Source } from './extension.ts'
import { type GitLocation, parseGitLocation } from './git-location.ts'
import type { LocateOptions } from './locate.ts'
import { runTool } from './run-tool.ts'

type Wanted = { readonly namespace: string; readonly location: string }

/** True for a location that is a package or a repository, and not a path of this machine. */
export function isFetched(location: string): boolean {
  return !/^(\.{1,2}(\/|$)|\/|~)/.test(location) && !/\.[cm]?[jt]sx?$/.test(location)
}

/**
 * The source of a package or a repository: from the cache, or fetched into it where that is allowed. A package
 * that is installed beside the spec is used as it is.
 */
export async function fetchExtension(wanted: Wanted, options: LocateOptions): Promise<Source> {
  const git = parseGitLocation(wanted.location)
  if (git) return fetchRepository(wanted, git, options)
  return (await installedPackage(wanted, options)) ?? fetchPackage(wanted, options)
}

async function fetchRepository(wanted: Wanted, git: GitLocation, options: LocateOptions): Promise<Source> {
  const folder = join(
    options.cacheDirectory,
    'extensions',
    // The folder too: what is installed for one must not go when another of the same repository is fetched.
    sha256(JSON.stringify(['git', git.url, git.ref, git.folder])).slice(0, 32),
  )
  if (options.install) {
    await replaceDirectory(folder, (temporary) => clone(git, temporary, options))
  } else if (!(await isThere(folder))) throw notInstalled(wanted, git.shown)
  const commit = (await readFile(join(folder, 'commit'), 'utf8')).trim()
  const path = join(folder, 'source', git.folder ?? '')
  return {
    namespace: wanted.namespace,
    location: git.shown,
    resolved: commit,
    ...(await findEntry(path, wanted)),
  }
}

/** A shallow fetch of the one ref: a branch, a tag or a commit; without one, what the remote's HEAD is. */
async function clone(
  { url, ref = 'HEAD', folder = '' }: GitLocation,
  target: string,
  options: LocateOptions,
): Promise<void> {
  const source = join(target, 'source')
  const git = (...args: string[]) => runTool('git', args, { ...options, directory: source, secret: url })
  await mkdir(source, { recursive: true })
  await git('init', '--quiet')
  // After `--` nothing is an option, whatever it starts with.
  await git('fetch', '--quiet', '--depth', '1', '--', url, ref)
  await git('checkout', '--quiet', '--detach', 'FETCH_HEAD')
  const commit = await git('rev-parse', 'HEAD')
  await installDependencies(join(source, folder), options)
  await writeFile(join(target, 'commit'), `${commit}\n`)
}

async function fetchPackage(wanted: Wanted, options: LocateOptions): Promise<Source> {
  const { location } = wanted
  await refuseFolder(wanted, options)
  const folder = join(options.cacheDirectory, 'extensions', sha256('npm', location).slice(0, 32))
  if (options.install) {
    await replaceDirectory(folder, async (temporary) => {
      const args = [
        'install',
        '--prefix',
        temporary,
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--omit=dev',
        '--',
        location,
      ]
      await runTool('npm', args, options)
    })
  } else if (!(await isThere(folder))) throw notInstalled(wanted, location)
  const { dependencies = {} } = await readPackage(folder)
  const [name = location] = Object.keys(dependencies)
  const path = join(folder, 'node_modules', name)
  const { version } = await readPackage(path)
  return {
    namespace: wanted.namespace,
    location,
    ...(version && { resolved: version }),
    ...(await findEntry(path, wanted)),
  }
}

/** A folder beside the spec is what was meant, and not somebody's package of the same name. */
async function refuseFolder({ namespace, location }: Wanted, { directory }: LocateOptions): Promise<void> {
  if (!(await isFolder(join(directory, location)))) return
  throw new FlambeError(
    'EXTENSION_NOT_FOUND',
    `the extension "${namespace}" (${location}) has the form of a package of npm, and is a folder beside the spec`,
    { hint: `write ./${location} for the folder, or ${location}@latest for the package` },
  )
}

/** The package as the spec's own folder has it installed, if it does. */
async function installedPackage(
  { namespace, location }: Wanted,
  { directory }: LocateOptions,
): Promise<Source | undefined> {
  const name = /^(@[^/]+\/)?[^/@]+/.exec(location)?.[0] ?? location
  try {
    const require = createRequire(join(directory, 'spec.yaml'))
    const path = require.resolve.paths(name)?.map((one) => join(one, name)) ?? []
    for (const one of path) {
      if (!(await isThere(join(one, 'package.json')))) continue
      const { version } = await readPackage(one)
      return {
        namespace,
        location,
        ...(version && { resolved: version }),
        ...(await findEntry(one, { namespace })),
      }
    }
  } catch (error) {
    if (error instanceof FlambeError) throw error
  }
  return undefined
}

async function installDependencies(folder: string, options: LocateOptions): Promise<void> {
  const { dependencies = {} } = await readPackage(folder).catch(() => ({ dependencies: {} }))
  if (Object.keys(dependencies).length === 0) return
  await runTool(
    'npm',
    ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev'],
    options,
  )
}

type Package = { readonly version?: string; readonly dependencies?: Readonly<Record<string, string>> }

async function readPackage(folder: string): Promise<Package> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Package
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

function notInstalled({ namespace }: Wanted, shown: string): FlambeError {
  return new FlambeError(
    'EXTENSION_NOT_INSTALLED',
    `the extension "${namespace}" (${shown}) is not on this machine`,
    {
      hint: 'fetch it with --install-extensions (-i), or give the location of a local folder',
    },
  )
}
