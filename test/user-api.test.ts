import { describe, expect, test } from 'vitest'
import * as whole from '../src/index.ts'
import * as ofArtifacts from '../src/user-api.ts'

describe("what `import 'flambe'` means in an artifact", () => {
  test('has every name of the public API, so that any code links', () => {
    expect(Object.keys(ofArtifacts).sort()).toEqual(Object.keys(whole).sort())
  })

  test('is the same for all but what needs a build', () => {
    const others = Object.entries(whole).filter(([name, value]) => Reflect.get(ofArtifacts, name) !== value)
    expect(others.map(([name]) => name)).toEqual(['Builder', 'DockerBuilder', 'formatProblem', 'parseSpec'])
  })

  test.each([
    ['new Builder', () => new ofArtifacts.Builder()],
    ['new DockerBuilder', () => new ofArtifacts.DockerBuilder()],
    ['parseSpec', () => ofArtifacts.parseSpec()],
    ['formatProblem', () => ofArtifacts.formatProblem()],
  ])('%s is refused by name', (_, use) => {
    expect(use).toThrow('is for builds, and this is the code of an artifact')
  })
})
