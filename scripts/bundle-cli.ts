// Makes the code of dist/: what `flambe` runs and what `import 'flambe'` gives, in few files. Node takes longer to find, open and link
// three hundred modules than to run them.
import { globSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { licensesOf } from './bundled-licenses.ts'

const root = resolve(import.meta.dirname, '..')
const commands = globSync('commands/**/*.ts', { cwd: resolve(root, 'src') })

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: {
    index: 'src/index.ts',
    'user-api': 'src/user-api.ts',
    'cli/main': 'src/cli/main.ts',
    worker: 'src/runtime/worker.ts',
    'hash-worker': 'src/storage/hash-worker.ts',
    ...Object.fromEntries(commands.map((path) => [path.replace(/\.ts$/, ''), `src/${path}`])),
  },
  outdir: 'dist',
  // One folder below, so that `../container` of a chunk is what it is of a module in src/.
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  metafile: true,
  plugins: [packages()],
  platform: 'node',
  format: 'esm',
  target: 'node22',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
})
await writeFile(resolve(root, 'dist/licenses.txt'), await licensesOf(metafile, root))

/** They stay outside, but for what each build needs and comes in seventy modules. */
function packages(): Plugin {
  const yaml = resolve(root, 'node_modules/yaml/browser/index.js')
  return {
    name: 'packages',
    setup: ({ onResolve }) => {
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === 'entry-point') return undefined
        // Its modules for browsers differ in nothing that is used here, and can be bundled in part: Node's are CommonJS.
        return path === 'yaml' ? { path: yaml } : { path, external: true }
      })
    },
  }
}
