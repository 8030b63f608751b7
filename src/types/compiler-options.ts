import { basename, dirname, join } from 'node:path'
import type ts from 'typescript'
import type { TypeScript } from './scope.ts'

export type ProjectOptions = {
  readonly options: ts.CompilerOptions
  /** Declaration files that the tsconfig lists under `files`. */
  readonly declarations: readonly string[]
}

/**
 * The user's own compiler options, as far as they say what types mean: the nearest tsconfig.json (or jsconfig.json)
 * upward, in the same repository and package. Modules resolve as esbuild does, and null and undefined are always
 * types of their own, since the schemas must tell them apart. `include` is not searched: what the entry imports, and
 * what `files` and `types` name, is what counts.
 */
export function projectOptions(
  entry: string,
  {
    ts,
    host,
    flambe,
  }: { readonly ts: TypeScript; readonly host: ts.ModuleResolutionHost; readonly flambe: string },
): ProjectOptions {
  const config = findConfig(dirname(entry), host)
  const { config: raw } = config ? ts.readConfigFile(config, host.readFile) : { config: {} }
  const parseHost = { ...host, useCaseSensitiveFileNames: true, readDirectory: () => [] }
  const parsed = ts.parseJsonConfigFileContent(
    raw ?? {},
    parseHost,
    dirname(config ?? entry),
    undefined,
    config,
  )
  const { options, fileNames } = parsed
  return {
    declarations: fileNames.filter((file) => /\.d\.[cm]?ts$/.test(file)),
    options: {
      ...options,
      ...forced(ts),
      lib: options.lib ?? ['lib.esnext.d.ts'],
      paths: { ...options.paths, flambe: [flambe] },
      ...(!config && { types: ['node'] }),
    },
  }
}

function forced(ts: TypeScript): ts.CompilerOptions {
  return {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    // Every file is a module to esbuild, CommonJS without an `import` in it too.
    moduleDetection: ts.ModuleDetectionKind.Force,
    strict: true,
    strictNullChecks: true,
    allowJs: true,
    checkJs: false,
    allowImportingTsExtensions: true,
    resolveJsonModule: true,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
    noEmit: true,
    noLib: false,
    libReplacement: false,
    composite: false,
    incremental: false,
  }
}

function findConfig(directory: string, host: ts.ModuleResolutionHost): string | undefined {
  const found = ['tsconfig.json', 'jsconfig.json']
    .map((name) => join(directory, name))
    .find((file) => host.fileExists(file))
  if (found) return found
  const parent = dirname(directory)
  const isTop =
    parent === directory || isPackage(directory) || host.directoryExists?.(join(directory, '.git'))
  return isTop ? undefined : findConfig(parent, host)
}

function isPackage(directory: string): boolean {
  const parent = dirname(directory)
  return basename(basename(parent).startsWith('@') ? dirname(parent) : parent) === 'node_modules'
}
