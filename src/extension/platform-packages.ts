import { copyFile, glob, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Platform } from '../artifact/index.ts'
import { FlambeError } from '../errors.ts'
import { replaceDirectory, sha256 } from '../files/index.ts'
import type { Package } from './package-json.ts'
import { runTool } from './run-tool.ts'

export type PlatformPackagesOptions = {
  readonly platform: Platform
  /** Folder whose .npmrc says where packages come from. */
  readonly directory: string
  readonly cacheDirectory: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The files of what a package brings for another platform as `optionalDependencies`, by their paths below its node_modules: npm installs them
 * into a folder of the cache, without their scripts. Throws `EXTENSION_INVALID` with the package's name if it brings none for that platform.
 */
export async function platformPackages(
  { name, optionalDependencies = {} }: Package,
  options: PlatformPackagesOptions,
): Promise<ReadonlyMap<string, string>> {
  const { platform, cacheDirectory } = options
  const key = sha256(JSON.stringify([1, optionalDependencies, platform])).slice(0, 32)
  const folder = join(cacheDirectory, 'platforms', key)
  if (!(await isThere(folder))) {
    await replaceDirectory(folder, (temporary) => install(optionalDependencies, temporary, options))
  }
  const root = join(folder, 'node_modules')
  const found = new Map<string, string>()
  const names = new Set<string>()
  for await (const path of glob('**/*', { cwd: root, exclude: (one) => /^\./.test(one) })) {
    const file = join(root, path)
    if (!(await stat(file)).isFile()) continue
    found.set(path, file)
    if (path.endsWith('package.json')) names.add(path.replace(/\/package\.json$/, ''))
  }
  if (Object.keys(optionalDependencies).some((one) => names.has(one))) return found
  throw noBuild(name, platform)
}

/** A package that cannot go to a platform. */
export function noBuild(name: string, platform: Platform): FlambeError {
  const { os, arch, libc } = platform
  const where = [os, arch, libc].filter(Boolean).join('/')
  return new FlambeError('EXTENSION_INVALID', `the package ${name} has no build for ${where}`, {
    hint: 'leave that platform out, or use a version of the package that supports it',
  })
}

/** What of the optional packages is not for the platform, npm leaves out by itself. */
async function install(
  optionalDependencies: Readonly<Record<string, string>>,
  folder: string,
  { platform: { os, arch, libc }, directory, signal }: PlatformPackagesOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, optionalDependencies }))
  await copyFile(join(directory, '.npmrc'), join(folder, '.npmrc')).catch(() => {})
  const target = [`--os=${os}`, `--cpu=${arch}`, ...(libc ? [`--libc=${libc}`] : [])]
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--omit=dev', '--omit=peer']
  await runTool('npm', ['install', '--prefix', folder, ...target, ...quiet], {
    directory: folder,
    ...(signal && { signal }),
  })
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}
