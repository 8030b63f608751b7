import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { ready, runContainer } from '../helpers/engine/containers.ts'
import { docker, hasEngine } from '../helpers/engine/real.ts'
import { examplesDirectory, expectSamples, trainedExamples } from '../helpers/examples.ts'
import {
  type DockerRegistry,
  hasDockerRegistry,
  startDockerRegistry,
} from '../helpers/registry/docker-registry.ts'
import { hasProgram } from '../helpers/registry/programs.ts'
import { scratch } from '../helpers/registry/scratch.ts'

const what = 'examples pushed to a real registry, pulled and run by a real engine'

describe.skipIf(!hasDockerRegistry(what) || !hasEngine(what))('an example', { timeout: 240_000 }, () => {
  const env = { HOME: scratch() }
  let registry: DockerRegistry
  beforeAll(async () => {
    registry = await startDockerRegistry(scratch())
  }, 240_000)
  afterAll(() => registry.stop())

  test.each(trainedExamples)('$name is pushed, pulled and run, and answers its samples', async (example) => {
    const repository = `${registry.host}/examples/${example.name}`
    const spec = join(examplesDirectory, example.name, 'spec.yaml')
    const tags = ['--tag', `${repository}:v1`, '--tag', `${repository}:latest`]
    const args = ['build', '--docker', '--push', '--base', 'host', spec, ...tags]
    const { status, stdout, stderr } = await flambe(args, { env })
    expect(status, stderr).toBe(0)
    expect(stdout).toMatch(/^127\.0\.0\.1:\d+\/examples\/[a-z-]+@sha256:[0-9a-f]{64}\n$/)
    const reference = stdout.trim()
    if (hasProgram('crane')) execFileSync('crane', ['validate', '--insecure', '--remote', reference])

    onTestFinished(() => void docker('rmi', '--force', reference))
    docker('pull', '--quiet', reference)
    const { url } = runContainer(reference, { flags: ['--read-only', '--user', '1234'] })
    await ready(url)
    await expectSamples(example, url)
    // Again, from what was pulled: nothing is left to send.
    expect(JSON.parse((await flambe([...args, '--json'], { env })).stdout)).toMatchObject({ bytesSent: 0 })
  })
})
