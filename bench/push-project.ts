import { randomFillSync } from 'node:crypto'
import {
  closeSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

const code = `import { Component } from 'flambe'
import { readFileSync } from 'node:fs'

/** Answers with a number that a method's body holds. */
export class Model extends Component {
  readonly #weights: string
  constructor({ weights }: { weights: string }) {
    super()
    this.#weights = weights
  }
  predict({ x }: { x: number }): { y: number } {
    const edits = 0
    return { y: x + edits + this.#weights.length }
  }
}
`

/** A component with weights beside it, and as many files of a package as `files` says. */
export function writeProject(
  directory: string,
  { weights, files = 0 }: { weights: number; files?: number },
): void {
  const put = (path: string, text: string) => writeFileSync(join(directory, path), text)
  mkdirSync(join(directory, 'ext'), { recursive: true })
  put('spec.yaml', 'ext: ./ext\n---\n!DockerBuilder\ncomponent: !ext.Model\n  weights: !file ./weights.bin\n')
  put('ext/index.ts', `${files > 0 ? "import 'many'\n" : ''}${code}`)
  writeWeights(directory, weights)
  if (files === 0) return
  mkdirSync(join(directory, 'ext/node_modules/many/data'), { recursive: true })
  put('ext/package.json', '{"type": "module", "flambe": {"include": ["node_modules/many/data/*"]}}')
  put('ext/node_modules/many/package.json', '{"name": "many", "version": "1.0.0", "main": "index.js"}')
  put('ext/node_modules/many/index.js', 'module.exports = 1\n')
  for (let n = 0; n < files; n++) put(`ext/node_modules/many/data/${n}.txt`, `file ${n}\n`.repeat(20))
}

/** What people write for Docker: weights below the code, so that a changed line leaves their layer alone. */
export function writeDockerContext(
  directory: string,
  { weights, program }: { weights: string; program: string },
): void {
  mkdirSync(join(directory, 'ext'), { recursive: true })
  copyFileSync(program, join(directory, 'node'))
  linkSync(weights, join(directory, 'weights.bin'))
  writeFileSync(join(directory, 'ext/index.ts'), code)
  writeFileSync(
    join(directory, 'Dockerfile'),
    'FROM scratch\nCOPY node /usr/local/bin/node\nCOPY weights.bin /models/weights.bin\nCOPY ext /app/ext\n',
  )
}

/** Changes one line in the body of a method. */
export function edit(directory: string): void {
  const file = join(directory, 'ext/index.ts')
  const text = readFileSync(file, 'utf8')
  writeFileSync(
    file,
    text.replace(/edits = (\d+)/, (_, n) => `edits = ${Number(n) + 1}`),
  )
}

/** Bytes that no compression makes smaller, as trained weights are. */
export function writeWeights(directory: string, bytes: number): void {
  const block = Buffer.alloc(Math.min(bytes, 2 ** 23))
  const file = openSync(join(directory, 'weights.bin'), 'w')
  for (let at = 0; at < bytes; at += block.length) writeSync(file, randomFillSync(block))
  closeSync(file)
}
