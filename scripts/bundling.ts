import { readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { Metafile, Plugin } from 'esbuild'

/** Packages in CommonJS require built-in modules. With `import` all that this one exports would be loaded. */
export const requireBanner =
  "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/** What nothing calls, by the names that it is imported by, and what stands in for it. */
export type Stub = { readonly filter: RegExp; readonly contents: string }

export function leftOut(stubs: readonly Stub[]): Plugin {
  return {
    name: 'left-out',
    setup: ({ onResolve, onLoad }) => {
      for (const [index, { filter, contents }] of stubs.entries()) {
        const namespace = `left-out-${index}`
        onResolve({ filter }, ({ path, resolveDir }) => ({ path, namespace, pluginData: resolveDir }))
        onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({ contents, resolveDir: pluginData }))
      }
    },
  }
}

/** The licences of all packages in the bundle: most ask that their text goes with the code. */
export async function licensesOf({ inputs }: Metafile, root: string): Promise<string> {
  // A path may have the namespace of a plugin before it.
  const paths = Object.keys(inputs).map((path) =>
    relative(root, resolve(root, path.replace(/^[a-z-]+:/, ''))),
  )
  const folders = paths.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0])
  const texts = [...new Set(folders)]
    .filter((folder) => folder !== undefined)
    .sort()
    .map((folder) => licenseOf(join(root, folder)))
  return (await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const file = (await readdir(folder)).find((one) => /^licen[cs]e/i.test(one))
  const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8')
  return `${name} ${version} (${license})\n\n${text.trim()}\n`
}
