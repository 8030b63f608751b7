// Makes the code of dist/: what `flambe` runs and what `import 'flambe'` gives, in few files. Node takes longer to find, open and link
// three hundred modules than to run them.
import { globSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { leftOut, licensesOf, requireBanner, type Stub } from './bundling.ts'

const root = resolve(import.meta.dirname, '..')
const commands = globSync('commands/**/*.ts', { cwd: resolve(root, 'src') })

const stubs: readonly Stub[] = [
  {
    // The Docker client's gRPC, for builds with BuildKit's sessions, and its own SSH: we ask neither of it, and they are 150 modules.
    filter: /^\.\/(session|ssh)$/,
    contents: `module.exports = () => { throw new Error('this part of the Docker client is left out') }`,
  },
  // oclif checks Node's version with it, which bin/run.js has done.
  { filter: /^semver$/, contents: 'module.exports = {}' },
  // Finds plugins among dependencies, and package.json names ours as they are.
  { filter: /^minimatch$/, contents: 'exports.minimatch = (name, pattern) => name === pattern' },
  {
    // Whether this is Linux on Windows, for the user agent alone.
    filter: /^wsl-utils$/,
    contents: "exports.isWsl = false; exports.powerShellPath = async () => 'powershell.exe'",
  },
  {
    // Looks for commands where there is no list of them.
    filter: /^tinyglobby$/,
    contents: `exports.glob = () => { throw new Error('oclif.manifest.json is missing: npm run build makes it') }`,
  },
]

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    index: 'src/index.ts',
    'user-api': 'src/user-api.ts',
    'cli/main': 'src/cli/main.ts',
    worker: 'src/runtime/worker.ts',
    'hash-worker': 'src/files/hash-worker.ts',
    ...Object.fromEntries(commands.map((path) => [path.replace(/\.ts$/, ''), `src/${path}`])),
  },
  outdir: 'dist',
  // One folder below, so that `../container` of a chunk is what it is of a module in src/.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  metafile: true,
  plugins: [leftOut(stubs), packages(), sortedPlainly()],
  platform: 'node',
  format: 'esm',
  target: 'node22',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
  banner: { js: requireBanner },
})
await writeFile(resolve(root, 'dist/licenses.txt'), await licensesOf(metafile, root))

/** They stay outside, but for what comes in many modules: Node takes longer to find and link each than to run it. */
function packages(): Plugin {
  const yaml = resolve(root, 'node_modules/yaml/browser/index.js')
  return {
    name: 'packages',
    setup: ({ onResolve }) => {
      onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
        if (kind === 'entry-point' || /^(dockerode|docker-modem|@oclif\/core)$/.test(path)) return undefined
        if (isOfOclif(importer) && path !== 'typescript') return undefined
        // Its modules for browsers differ in nothing that is used here, and can be bundled in part: Node's are CommonJS.
        if (path === 'yaml') return { path: yaml }
        // That is a copy of Node's own for old versions of it.
        return { path: path === 'readable-stream' ? 'node:stream' : path, external: true }
      })
    },
  }
}

/** oclif sorts its commands as people of a country would, for which Node loads 4 ms of tables. */
function sortedPlainly(): Plugin {
  const [slow, plain] = ['a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)']
  return {
    name: 'sorted-plainly',
    setup: ({ onLoad }) => {
      onLoad({ filter: /@oclif\/core\/lib\/config\/plugin\.js$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8')
        return text.includes(slow)
          ? { contents: text.replace(slow, plain) }
          : { errors: [{ text: `${path} has no ${slow}` }] }
      })
    },
  }
}

/** What oclif needs is bundled with it. Of what is bundled else, only the Docker client and `yaml` import packages. */
function isOfOclif(importer: string): boolean {
  return /\/node_modules\/(?!dockerode\/|docker-modem\/|yaml\/)/.test(importer)
}
