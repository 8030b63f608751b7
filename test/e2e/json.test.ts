import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { documentedKeys } from '../helpers/doc-tables.ts'
import { folder } from '../helpers/folder.ts'

test('--json has the keys that docs/commands.md lists', async () => {
  const cwd = folder({
    'spec.yaml': 'ext: ./ext\n---\n!Builder\ndestination: ./out\ncomponent: !ext.Model\n',
    'ext/index.js': `import { Component } from 'flambe'\nexport class Model extends Component { predict(x) { return x } }\n`,
  })
  const env = { FLAMBE_CACHE_DIR: join(cwd, 'cache'), FLAMBE_HOME: join(cwd, 'home') }
  const json = async (...args: string[]) =>
    JSON.parse((await flambe([...args, '--json'], { cwd, env })).stdout)
  expect(Object.keys(await json('build', 'spec.yaml'))).toEqual(documentedKeys('`build` of an artifact'))
  const [inspection, copy, cache, answer, failure] = await Promise.all([
    json('inspect', 'out'),
    json('pull', './out', './copy'),
    json('cache', 'ls'),
    json('predict', 'out', '--input', '[1]'),
    json('build', 'nope.yaml'),
  ])
  expect(Object.keys(inspection)).toEqual(documentedKeys('`inspect` of an artifact'))
  expect(Object.keys(copy)).toEqual(documentedKeys('`pull`'))
  expect(Object.keys(cache)).toEqual(documentedKeys('`cache ls`'))
  expect(answer).toEqual([1])
  expect(Object.keys(failure.error)).toEqual(['code', 'exit', 'message', 'hint', 'causes', 'problems'])
})
