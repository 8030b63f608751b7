import { readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'

const example = new URL('../../examples/digits-onnx/', import.meta.url).pathname

test('the digits are read from an artifact that holds the libraries of this platform only', async () => {
  const project = exampleCopy('digits-onnx')
  symlinkSync(join(example, 'node_modules'), join(project, 'node_modules'))
  const artifact = join(folder(), 'reader')
  const built = await flambe([
    'build',
    join(project, 'spec.yaml'),
    '--set',
    `destination=${artifact}`,
    '--json',
  ])
  expect(built.status).toBe(0)
  rmSync(project, { recursive: true })

  const { files, platform, dependencies } = JSON.parse((await flambe(['inspect', artifact, '--json'])).stdout)
  const paths: string[] = files.map(({ path }: { path: string }) => path)
  expect(paths.filter((path) => /\.(node|dll|dylib)$|\.so/.test(path))).toEqual([
    expect.stringMatching(/onnxruntime-node\/bin\/napi-v\d\/linux\/x64\/libonnxruntime\.so\.1$/),
    expect.stringMatching(/onnxruntime-node\/bin\/napi-v\d\/linux\/x64\/onnxruntime_binding\.node$/),
  ])
  expect(platform).toEqual({ os: 'linux', arch: 'x64', libc: 'glibc' })
  expect(dependencies.map(({ name }: { name: string }) => name)).toEqual([
    'onnxruntime-common',
    'onnxruntime-node',
  ])
  expect(statSync(join(artifact, 'assets', 'digits-cnn.onnx')).size).toBe(154_429)

  type Sample = { readonly image: number[][]; readonly probabilities: readonly number[] }
  const samples: Sample[] = JSON.parse(readFileSync(join(example, 'data', 'digits-samples.json'), 'utf8'))
  const stdin = samples.map(({ image }) => JSON.stringify({ image })).join('\n')
  const { stdout, status } = await flambe(['predict', artifact], { stdin })
  expect(status).toBe(0)
  const answers = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(answers).toHaveLength(200)
  for (const [index, { probabilities }] of samples.entries()) {
    for (const [digit, p] of probabilities.entries())
      expect(Math.abs(answers[index].probabilities[digit] - p)).toBeLessThan(1e-4)
  }
})
