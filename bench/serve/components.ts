// The components that the benchmarks serve, each built into an artifact by the command line.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const bin = resolve(import.meta.dirname, '..', '..', 'bin', 'run.js')

const burn = `function burn(milliseconds: number) {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
}`

const components = {
  /** What the bare server does. */
  Trivial: `predict({ features }: { features: number[] }): { sum: number; mean: number } {
    let sum = 0
    for (const feature of features) sum += feature
    return { sum, mean: sum / features.length }
  }`,
  Burn20: 'predict({ features }: { features: number[] }): number { burn(20); return features.length }',
  Burn5: 'predict({ features }: { features: number[] }): number { burn(5); return features.length }',
  /** The same cost for one input and for many. */
  Batch5: `predictBatch(inputs: { features: number[] }[]): number[] { burn(5); return inputs.map(({ features }) => features.length) }`,
} as const

export type Component = keyof typeof components

/** Builds the artifact of a component; gives its directory. */
export function build(name: Component, work: string): string {
  const folder = join(work, name)
  mkdirSync(join(folder, 'ext'), { recursive: true })
  const code = `import { Component } from 'flambe'\n${burn}\nexport class ${name} extends Component {\n${components[name]}\n}\n`
  writeFileSync(join(folder, 'ext', 'index.ts'), code)
  writeFileSync(
    join(folder, 'spec.yaml'),
    `ext: ./ext\n---\n!Builder\nstorage: local\ndestination: ./out\ncomponent: !ext.${name} {}\n`,
  )
  return buildSpec(join(folder, 'spec.yaml'), { work, destination: join(folder, 'out') })
}

export function buildSpec(
  spec: string,
  { work, destination }: { work: string; destination: string },
): string {
  const env = { ...process.env, FLAMBE_CACHE_DIR: join(work, 'cache'), FLAMBE_HOME: join(work, 'home') }
  const argv = [bin, 'build', spec, '--set', `destination=${destination}`]
  const { status, stderr } = spawnSync(process.execPath, argv, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`the build ended with ${status}:\n${stderr}`)
  return destination
}

/** The body of a request: 30 numbers. */
export const body = JSON.stringify({
  features: Array.from({ length: 30 }, (_, index) => Math.round(Math.sin(index + 1) * 1e6) / 1e4),
})
