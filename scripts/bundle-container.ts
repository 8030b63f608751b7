// Makes dist/container: what runs in an image, as a handful of files that need no node_modules.
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join, relative, resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { leftOut, licensesOf, requireBanner, type Stub } from './bundling.ts'
import { playgroundPage } from './playground-page.ts'

const root = resolve(import.meta.dirname, '..')
const outdir = join(root, 'dist', 'container')

/** What nothing calls in a container. */
const stubs: readonly Stub[] = [
  {
    // The SDK alone would be several times all else, and an image holds its artifact.
    filter: /^\.\/s3\/(open|s3|list|remove)\.ts$/,
    contents: `
      import { FlambeError } from '../errors.ts'
      const missing = () => {
        throw new FlambeError('UNAVAILABLE', 'there is no S3 client in an image', {
          hint: 'load from S3 while the component is built: !ns.Class.load_from_path in the spec',
        })
      }
      export { missing as openS3Artifact, missing as s3Storage, missing as listS3Artifacts, missing as removeS3Artifact }`,
  },
  {
    // With the same code; so in an image a URL names an archive.
    filter: /^\.\/s3\/open-url\.ts$/,
    contents: "export { openArtifact as openUrlArtifact } from '../artifact/index.ts'",
  },
  // Metrics that are pushed, and those of several processes: with them would come TLS and node:cluster.
  { filter: /^\.\/lib\/(pushgateway|cluster)$/, contents: 'module.exports = class {}' },
  // For examples beside metrics, which ours have none of.
  { filter: /^@opentelemetry\/api$/, contents: 'module.exports = {}' },
  // Makes modules of schemas, while an artifact is built.
  { filter: /^ajv\/dist\/standalone/, contents: 'export default {}' },
  // Threads that write logs: the server writes to stdout itself.
  { filter: /^thread-stream$/, contents: 'module.exports = class {}' },
]

await rm(outdir, { recursive: true, force: true })
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    main: 'src/runtime/main.ts',
    health: 'src/runtime/health.ts',
    worker: 'src/runtime/worker.ts',
    'user-api': 'src/user-api.ts',
  },
  outdir,
  // One folder below, so that `../user-api.js` of a chunk is what it is of a module in src/.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  target: 'node22',
  // Not the identifiers: a stack in a log should still say something.
  minifyWhitespace: true,
  minifySyntax: true,
  // Node shows the line of an uncaught error: it should not be the whole file.
  lineLimit: 160,
  charset: 'utf8',
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  banner: { js: requireBanner },
  plugins: [leftOut(stubs), lazyBuiltins(), namedExports()],
})
await writeFile(join(outdir, 'package.json'), '{"type":"module"}\n')
await writeFile(join(outdir, 'playground.html'), await playgroundPage())
await writeFile(join(outdir, 'licenses.txt'), await licensesOf(metafile, root))
console.log(`wrote ${relative(root, outdir)}: ${await sizeOf(outdir)} kB`)

/**
 * Functions of built-in modules that few servers ever call, each of which loads its module when it is called first: an idle thread
 * has no crypto.
 */
function lazyBuiltins(): Plugin {
  const namespace = 'lazy-builtins'
  return {
    name: namespace,
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /^node:(crypto|zlib)$/ }, ({ path, kind }) =>
        kind === 'import-statement' ? { path, namespace, sideEffects: false } : undefined,
      )
      onLoad({ filter: /.*/, namespace }, async ({ path }) => {
        const all: Readonly<Record<string, unknown>> = await import(path)
        const names = Object.keys(all).filter(
          (name) => /^[a-z]/.test(name) && typeof all[name] === 'function',
        )
        const lazy = (name: string) =>
          `export const ${name} = (...given) => process.getBuiltinModule('${path}').${name}(...given)`
        return { contents: names.map(lazy).join('\n') }
      })
    },
  }
}

/**
 * What `await import(package)` of a CommonJS package gives in Node: its names, too. esbuild gives the default
 * alone where it makes chunks.
 */
function namedExports(): Plugin {
  return {
    name: 'named-exports',
    setup: ({ onResolve, onLoad, resolve: find }) => {
      onResolve({ filter: /^[^.]/ }, async ({ path, kind, resolveDir, pluginData }) => {
        if (kind !== 'dynamic-import' || pluginData === 'found' || isBuiltin(path)) return undefined
        const found = await find(path, { kind, resolveDir, pluginData: 'found' })
        return { path: found.path, namespace: 'named-exports', pluginData: resolveDir }
      })
      onLoad({ filter: /.*/, namespace: 'named-exports' }, async ({ path, pluginData }) => {
        const names = Object.keys(await import(path)).filter((name) =>
          /^(?!default$)[a-z_$][\w$]*$/i.test(name),
        )
        const contents = `import all from ${JSON.stringify(path)}
          export default all
          ${names.map((name, index) => `const $${index} = all.${name}; export { $${index} as ${name} }`).join('\n')}`
        return { contents, resolveDir: pluginData }
      })
    },
  }
}

async function sizeOf(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  )
  const sizes = await Promise.all(files.map(async (one) => (await stat(join(one.parentPath, one.name))).size))
  return Math.round(sizes.reduce((sum, size) => sum + size, 0) / 1000)
}
