import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CliResult, flambe } from '../helpers/cli.ts'
import { docker, hasEngine, imageName } from '../helpers/engine/real.ts'
import { expectDocumented } from '../helpers/json-contract.ts'
import { scratch } from '../helpers/registry/scratch.ts'
import { type ServedRegistry, serveRegistry } from '../helpers/registry/serve.ts'

const cwd = scratch()
const cache = scratch()
const image = ['build', '--docker', '--base', 'host', 'spec.yaml']

const run = (args: readonly string[], env = {}) => flambe([...args, '--json'], { cwd, env })
const parsed = ({ stdout }: CliResult): unknown => JSON.parse(stdout)
const json = async (...args: string[]) => parsed(await run(args))

let registry: ServedRegistry

beforeAll(async () => {
  const engine = `import { Component } from 'flambe'
export class Model extends Component { static state = ['weights', 'note']; weights = new Float32Array(3); note = 'x'; predict(x) { return x } }
export class Engine extends Component { constructor({ model }) { super(); this.model = model; this.same = model } predict(x) { return x } }
`
  writeFileSync(join(cwd, 'index.js'), engine)
  const spec =
    'ext: ./index.js\n---\n!Builder\ndestination: ./out\ncomponent: !ext.Engine\n  model: !ext.Model\n'
  writeFileSync(join(cwd, 'spec.yaml'), spec)
  registry = await serveRegistry()
  return registry.close
})

describe('--json has the keys that docs/json.md lists, and no others', () => {
  test('of an artifact', async () => {
    expectDocumented(await json('build', 'spec.yaml', '-f'), 'build-artifact')
    const [inspection, copy, answer] = await Promise.all([
      json('inspect', 'out'),
      json('pull', './out', './copy'),
      json('predict', 'out', '--input', '[1]'),
    ])
    expectDocumented(inspection, 'inspect-artifact')
    expectDocumented(copy, 'pull')
    expect(answer).toEqual([1])
  })

  test('of an image that is built, planned, pushed, copied and looked at', async () => {
    const output = ['--output', 'x.oci']
    const [tag, other] = [`${registry.host}/me/app:v1`, `${registry.host}/me/other:v1`]
    expectDocumented(await json(...image, ...output), 'build-image')
    expectDocumented(await json('push', 'x.oci', tag), 'push-image')
    expectDocumented(await json('copy', tag, other), 'push-image')
    for (const place of ['x.oci', tag]) {
      const inspected = (await json('inspect', place)) as { readonly artifact: unknown }
      expectDocumented(inspected, 'inspect-image')
      expectDocumented(inspected.artifact, 'inspect-artifact')
    }
    const source = join(cwd, 'index.js')
    writeFileSync(source, `${readFileSync(source, 'utf8')}// changed\nexport const more = 1\n`)
    const planned = await json(...image, ...output, '--dry-run')
    expectDocumented(planned, 'build-image')
    expect(JSON.stringify(planned)).toContain('"changed":{')
    const pushed = parsed(await run([...image, '--push', '--tag', tag, '--metadata-file', 'meta.json']))
    expectDocumented(pushed, 'build-image')
    const { digest } = pushed as { readonly digest: string }
    const metadata = JSON.parse(readFileSync(join(cwd, 'meta.json'), 'utf8'))
    expect(metadata).toEqual({ ...(pushed as object), 'containerimage.digest': digest })
  })

  test.runIf(hasEngine('--json of an image in the engine'))('of an image in the engine', async () => {
    const name = imageName()
    expectDocumented(await json(...image, '--output', 'docker', '--tag', name), 'build-image')
    expectDocumented(await json('inspect', name), 'inspect-image')
    expect(docker('images', '--quiet', name)).not.toBe('')
  })

  test('of the cache', async () => {
    const env = { FLAMBE_CACHE_DIR: cache }
    await run(['build', 'spec.yaml', '-f', '--set', 'destination=./again'], env)
    for (const command of ['ls', 'verify', 'prune'])
      expectDocumented(parsed(await run(['cache', command], env)), `cache-${command}`)
  })

  test('of a new project, and of what this machine has', async () => {
    expectDocumented(await json('init', 'new', '--kind', 'plain', '--language', 'javascript'), 'init')
    expectDocumented(await json('doctor'), 'doctor')
  })

  test('of a failure, with its places', async () => {
    writeFileSync(
      join(cwd, 'wrong.yaml'),
      'ext: ./index.js\n---\n!Builder\ndestination: ./o\ncomponent: !ext.Modle\n',
    )
    const [wrong, absent] = await Promise.all([run(['build', 'wrong.yaml']), run(['build', 'nope.yaml'])])
    for (const { stdout, status } of [wrong, absent]) {
      const failure = JSON.parse(stdout)
      expectDocumented(failure, 'failure')
      expect(failure.error.exit).toBe(status)
    }
    expect(JSON.parse(wrong.stdout).error.problems).toHaveLength(1)
  })

  test('of the events of progress', async () => {
    const { stderr } = await run([...image, '--output', 'y.oci'])
    const events = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(2)
    for (const event of events) expectDocumented(event, 'events')
  })
})
