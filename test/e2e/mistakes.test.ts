import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'

function misspelled(): string {
  const project = exampleCopy('breast-cancer')
  const source = join(project, 'ext', 'index.ts')
  writeFileSync(source, readFileSync(source, 'utf8').replace('  predict({', '  predcit({'))
  return join(project, 'spec.yaml')
}

test('a component that cannot be asked is warned of, and no image is made of it', async () => {
  const spec = misspelled()
  const built = await flambe(['build', spec, '--set', `destination=${join(folder(), 'x')}`])
  expect(built).toMatchObject({
    status: 0,
    stderr: expect.stringContaining('neither predict nor predictBatch'),
  })
  const layout = join(folder(), 'x.oci')
  const image = await flambe(['build', '--docker', '--base', 'host', '--output', layout, spec])
  expect(image).toMatchObject({
    status: 22,
    stderr: expect.stringContaining('neither predict nor predictBatch'),
  })
})

test.each([
  [
    'a push without a name',
    ['build', '--docker', '--base', 'host', '--push'],
    2,
    'needs a name with its registry',
  ],
  ['an input that is nearly JSON', ['predict', '--input', '{features: [1]}'], 22, 'is not JSON'],
  ['a secrets file that is not there', ['build', '-s', 'none.ini'], 22, 'hint check the path'],
  ['a secrets file that is a folder', ['build', '-s', '.'], 22, 'hint it is a folder'],
  [
    'a variable without a value',
    ['build', '--docker', '--base', 'host', '--env', 'KEY'],
    2,
    'hint write --env KEY=VALUE',
  ],
  [
    'a spec that is pushed',
    ['push', 'ghcr.io/me/x:v1'],
    2,
    'flambe build --docker --push makes an image of a spec',
  ],
])('%s is told as what it is', async (_, [command = '', ...flags], status, said) => {
  const spec = join(exampleCopy('breast-cancer'), 'spec.yaml')
  const ran = await flambe([command, spec, ...flags])
  expect(ran).toMatchObject({ status, stderr: expect.stringContaining(said) })
})

test('a cache folder that cannot be one is named, with the variable that chooses another', async () => {
  const file = join(folder({ cache: '' }), 'cache')
  const spec = join(exampleCopy('breast-cancer'), 'spec.yaml')
  const { status, stderr } = await flambe(['predict', spec, '--input', '{}'], {
    env: { FLAMBE_CACHE_DIR: file },
  })
  expect({ status, stderr }).toMatchObject({
    status: 22,
    stderr: expect.stringContaining('FLAMBE_CACHE_DIR'),
  })
})

test('settings of the server that do not fit are told once each', async () => {
  const spec = join(exampleCopy('breast-cancer'), 'spec.yaml')
  const { status, stderr } = await flambe(['serve', spec, '--port', 'x', '--workers', 'y'], {
    env: { FLAMBE_CACHE_DIR: folder() },
  })
  expect(status).toBe(2)
  expect(stderr.match(/--port is "x"/g)).toHaveLength(1)
  expect(stderr.match(/--workers is "y"/g)).toHaveLength(1)
})

test('a path to rm is told to be none of S3', async () => {
  const { status, stderr } = await flambe(['rm', './out'])
  expect([status, stderr]).toEqual([
    2,
    expect.stringContaining('./out is a path, and rm removes artifacts from S3'),
  ])
})
