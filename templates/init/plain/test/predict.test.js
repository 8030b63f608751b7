import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from 'flambe'

const input = JSON.parse(readFileSync('input.json', 'utf8'))
const context = { signal: new AbortController().signal, id: 'test', log: () => {} }

test('the artifact says how likely the example is positive', async () => {
  const artifact = execFileSync('npx', ['flambe', 'build', '--force', 'spec.yaml'], {
    encoding: 'utf8',
  }).trim()
  const component = await load(artifact, { setup: true })
  const { label, probability } = component.predict(input, context)
  assert.equal(label, 'POSITIVE')
  assert.ok(probability > 0.5 && probability < 1)
})
