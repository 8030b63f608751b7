import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['**/fixtures/**', '**/node_modules/**'],
    globalSetup: ['test/helpers/global-setup.ts'],
    // What is built or unpacked in a test runs as a user's process runs it: in Node itself.
    server: { deps: { external: [/\/flambe-(test|unpacked)-[A-Za-z0-9]{6}\//] } },
    // One for each processor: most of what a test does, it does in other processes, and waits for them.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
