import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Those that run the whole program begin, since they take longest: so nothing long is left for the end, where one processor would wait for it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes('/test/e2e/')
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/fixtures/**', '**/node_modules/**'],
    globalSetup: ['test/helpers/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    // One more than there are processors: much of a test is to wait, for another try, for an engine, for npm.
    maxWorkers: availableParallelism() + 1,
    // What is built or unpacked in a test runs as a user's process runs it: in Node itself.
    server: { deps: { external: [/\/flambe-(test-[A-Za-z0-9]{6}|run-[A-Za-z0-9]{6}\/cache)\//] } },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
