import { isBuiltin } from 'node:module'
import { basename, resolve } from 'node:path'
import type { Message, Plugin } from 'esbuild'
import { FlambeError, type Problem } from '../errors.ts'
import type { Source } from './extension.ts'
import { placeNames, withSurroundings } from './module-place.ts'

/** The user's own modules as one ES module, packages left outside. */
export type Bundle = {
  readonly code: string
  readonly map: string
  /** Absolute paths of the modules that are in it. */
  readonly modules: readonly string[]
  /** The packages that it asks for, as written. */
  readonly imports: readonly PackageImport[]
}

/** `how` matters: a package may give another file to `require` than to `import`. */
export type PackageImport = {
  readonly specifier: string
  readonly from: string
  readonly how: 'import' | 'require'
}

/**
 * Compiles an extension with esbuild: all of TypeScript, one file, the same bytes wherever the checkout is.
 * @throws FlambeError `EXTENSION_INVALID` with the problems that esbuild found, each at its place.
 */
export async function bundle({ namespace, directory, entry }: Source): Promise<Bundle> {
  const esbuild = await import('esbuild')
  const imports = new Map<string, PackageImport>()
  try {
    const { outputFiles, metafile } = await esbuild.build({
      entryPoints: [entry],
      absWorkingDir: directory,
      outfile: 'index.js',
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
      target: 'node22',
      keepNames: true,
      define: { ...placeNames },
      charset: 'utf8',
      sourcemap: 'external',
      sourcesContent: false,
      logLevel: 'silent',
      loader: { '.txt': 'text', '.node': 'empty' },
      plugins: [packagesOutside(imports)],
    })
    const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
    return {
      ...withSurroundings(text('index.js'), text('.map')),
      modules: Object.keys(metafile.inputs).map((path) => resolve(directory, path)),
      imports: [...imports].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one),
    }
  } catch (cause) {
    const { errors } = cause as { readonly errors?: readonly Message[] }
    if (!errors?.length) throw cause
    const problems = errors.map((message) => problemOf(message, entry))
    throw new FlambeError(
      'EXTENSION_INVALID',
      `the extension "${namespace}" does not compile: ${errors[0]?.text}`,
      {
        problems,
      },
    )
  }
}

/** Keeps packages outside of the bundle, and takes in what a link in node_modules leads to: sources of a workspace. */
function packagesOutside(imports: Map<string, PackageImport>): Plugin {
  return {
    name: 'packages-outside',
    setup: (build) => {
      build.onResolve(
        { filter: /^[^./]|^\.[^./]|^\.\.[^/]/ },
        async ({ path, importer, resolveDir, kind, pluginData }) => {
          if (kind === 'entry-point' || pluginData === 'asked') return undefined
          if (path === 'flambe' || isBuiltin(path)) return { path, external: true }
          const found = await build.resolve(path, { importer, resolveDir, kind, pluginData: 'asked' })
          if (found.errors.length > 0) return { errors: [missing(path, importer)] }
          if (!found.path.includes('/node_modules/') && !found.external) return { path: found.path }
          const how = kind === 'require-call' || kind === 'require-resolve' ? 'require' : 'import'
          imports.set(`${path} ${how}`, { specifier: path, from: importer, how })
          return { path, external: true }
        },
      )
    },
  }
}

function missing(path: string, importer: string): { text: string; notes: { text: string }[] } {
  const name = path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/')
  return {
    text: `${basename(importer)} imports "${path}", and the package ${name} is not installed`,
    notes: [{ text: `install it where the extension is: npm install ${name}` }],
  }
}

function problemOf({ text, location, notes }: Message, entry: string): Problem {
  const hint = notes[0]?.text
  const base = { severity: 'error', message: text, ...(hint && { hint }) } as const
  if (!location) return { ...base, position: { file: entry, line: 1, column: 1, length: 1 } }
  const { file, line, column, length, lineText } = location
  return {
    ...base,
    position: { file, line, column: column + 1, length: Math.max(1, length) },
    source: lineText,
  }
}
