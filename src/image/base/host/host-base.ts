import { realpath, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { FlambeError } from '../../../errors.ts'
import { silent } from '../../../progress.ts'
import type { Base, Layer } from '../../image.ts'
import { createLayer } from '../../layer/create-layer.ts'
import type { LayerEntry, LayerPlan } from '../../plan/image-plan.ts'
import { formatPlatform, hostPlatform, isPlatform } from '../../registry/platform.ts'
import type { BaseOptions } from '../options.ts'
import { plainImage } from '../plain-image.ts'
import { findLibraries, type Libraries } from './libraries.ts'
import { stripped } from './strip.ts'
import { certificatesPath, fileEntry, systemFiles } from './system-files.ts'

const nodePath = 'usr/local/bin/node'

/**
 * Beside what Node is linked with: what native addons are, and what glibc loads on its own to look up hosts. What a machine lacks of these is left out.
 */
const usualLibraries = [
  'libstdc++.so.6',
  'libgcc_s.so.1',
  'libgomp.so.1',
  'librt.so.1',
  'libutil.so.1',
  'libresolv.so.2',
  'libnss_dns.so.2',
  'libnss_files.so.2',
]

/**
 * A base out of this machine: the Node that runs, the shared libraries that it needs, certificates, users. Takes no registry, engine or network. Only
 * Linux can give one.
 */
export async function hostBase(options: BaseOptions): Promise<Base> {
  const { platform = hostPlatform(), libraries = [], progress = silent } = options
  if (process.platform !== 'linux' || !isPlatform(hostPlatform(), platform)) {
    const here = formatPlatform({ ...hostPlatform(), os: process.platform })
    throw new FlambeError(
      'IMAGE_INVALID',
      `the base "host" is this machine's ${here}, and the image is to be for ${formatPlatform(platform)}`,
      {
        hint: 'choose another base, such as gcr.io/distroless/nodejs24-debian13:nonroot',
      },
    )
  }
  const program = await realpath(process.execPath)
  const found = await findLibraries(program, { wanted: [...usualLibraries, ...libraries] })
  for (const [name, by] of found.missing) {
    if (usualLibraries.includes(name)) continue
    progress({
      type: 'warning',
      message: `${name} is not on this machine, and not in the image`,
      hint: `needed by ${by}`,
    })
  }
  const plans = [
    basePlan(`node ${process.version}`, [await nodeEntry(program, options)]),
    basePlan('system', [...(await libraryEntries(found)), ...(await systemFiles())]),
  ]
  const layers: Layer[] = []
  for (const plan of plans) layers.push(await createLayer(plan, options))
  const env = [
    `PATH=/${dirname(nodePath)}`,
    `SSL_CERT_FILE=/${certificatesPath}`,
    `NODE_VERSION=${process.versions.node}`,
  ]
  const image = plainImage(layers, {
    platform: hostPlatform(),
    env,
    history: plans.map(({ detail }) => `host ${detail}`),
  })
  return { image, node: `/${nodePath}` }
}

const basePlan = (detail: string, entries: readonly LayerEntry[]): LayerPlan => ({
  title: 'base',
  detail,
  entries,
  compression: 'gzip',
})

async function nodeEntry(
  program: string,
  { cacheDirectory, hashCache, env, signal }: BaseOptions,
): Promise<LayerEntry> {
  const { sha256 } = await hashCache.hash(program, { signal })
  const source = await stripped(program, join(cacheDirectory, 'programs', sha256), { env, signal })
  return fileEntry(nodePath, source, { size: (await stat(source)).size, mode: 0o755 })
}

/** All libraries lie in the folder of the C library: whatever led to them here, that is a place where the loader looks without a cache. */
async function libraryEntries({ loader, found }: Libraries): Promise<readonly LayerEntry[]> {
  if (loader === undefined) return []
  const libc = [...found].find(([name]) => /^libc\./.test(name))?.[1]
  const folder = dirname(libc ?? loader).slice(1)
  const files = [[loader.slice(1), loader], ...[...found].map(([name, path]) => [`${folder}/${name}`, path])]
  return Promise.all(
    files.map(async ([path = '', source = '']) => {
      const real = await realpath(source)
      return fileEntry(path, real, { size: (await stat(real)).size, mode: 0o755 })
    }),
  )
}
