import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { load } from 'flambe'

const input = JSON.parse(readFileSync('input.json', 'utf8'))
const context = { signal: new AbortController().signal, id: 'test', log: () => {} }

test('the artifact answers the example with numbers', async () => {
  const artifact = execFileSync('npx', ['flambe', 'build', '--force', 'spec.yaml'], {
    encoding: 'utf8',
  }).trim()
  const component = await load(artifact, { setup: true })
  const { outputs } = await component.predict(input, context)
  const numbers = Object.values(outputs).flat(Number.POSITIVE_INFINITY)
  assert.ok(numbers.length > 0 && numbers.every(Number.isFinite))
  await component.close()
})
