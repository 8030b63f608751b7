// Makes the code of dist/: what `flambe` runs and what `import 'flambe'` gives, in few files. Node takes longer to find, open and link
// three hundred modules than to run them.
import { globSync } from 'node:fs'
import { resolve } from 'node:path'
import { build } from 'esbuild'

const root = resolve(import.meta.dirname, '..')
const commands = globSync('commands/**/*.ts', { cwd: resolve(root, 'src') })

await build({
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
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node22',
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
})
