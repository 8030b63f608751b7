// Makes dist/index.d.ts: the types of the public API alone, in one file. Each build that reads a component's types reads it, and a file that
// imported what our rooms import would bring the declarations of the AWS SDK, of dockerode and of Node: four times the work.
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import { dts } from 'rolldown-plugin-dts'

const dist = resolve(import.meta.dirname, '..', 'dist')
const declarations = join(dist, 'declarations')

const bundle = await rolldown({
  input: join(declarations, 'index.d.ts'),
  external: (id) => !/^[./]/.test(id),
  plugins: [dts({ dtsInput: true })],
})
await bundle.write({ dir: dist })
await rm(declarations, { recursive: true })
