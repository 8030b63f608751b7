import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { array, assert, property, uint8Array } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readOnnxInputs } from '../../src/scaffold/onnx-inputs.ts'

const root = join(import.meta.dirname, '..', '..')

describe('the inputs of a network', () => {
  test.each([
    ['examples/digits-onnx/data/digits-cnn.onnx', [{ name: 'image', dims: [1, 1, 8, 8] }]],
    ['templates/init/onnx/model.onnx', [{ name: 'features', dims: [1, 4] }]],
    ['package.json', []],
  ])('%s', (file, inputs) => {
    expect(readOnnxInputs(readFileSync(join(root, file)))).toEqual(inputs)
  })

  test('any bytes give a list', () => {
    assert(property(uint8Array({ maxLength: 300 }), (bytes) => Array.isArray(readOnnxInputs(bytes))))
  })

  test('a network that is cut off or altered gives a list', () => {
    const bytes = readFileSync(join(root, 'templates/init/onnx/model.onnx'))
    assert(
      property(array(uint8Array({ minLength: 2, maxLength: 2 }), { maxLength: 20 }), (edits) => {
        const altered = new Uint8Array(bytes)
        for (const [at = 0, value = 0] of edits) altered[at % altered.length] = value
        return Array.isArray(readOnnxInputs(altered.subarray(0, bytes.length - edits.length)))
      }),
    )
  })
})
