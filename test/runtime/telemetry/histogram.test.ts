import fc from 'fast-check'
import { Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { createHistogram } from '../../../src/runtime/telemetry/histogram.ts'

const shape = { name: 'x_seconds', help: 'What it tells.' }
const bounds = [0.0005, 0.5, 1, 60]

test('a histogram is exposed as prom-client exposes the same observations', async () => {
  const observation = fc.record({
    route: fc.constantFrom('/', '/predict'),
    value: fc.oneof(fc.constantFrom(...bounds), fc.double({ min: 0, max: 100, noNaN: true })),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(observation), fc.boolean(), async (observations, byRoute) => {
      const registers = [new Registry()]
      const labelNames = byRoute ? ['route'] : []
      const theirs = new Histogram({ ...shape, buckets: bounds, registers, labelNames })
      const ours = createHistogram({ ...shape, bounds, byRoute })
      for (const { route, value } of observations) {
        if (byRoute) theirs.observe({ route }, value)
        else theirs.observe(value)
        if (byRoute) ours.observe(value, route)
        else ours.observe(value)
      }
      expect(ours.expose()).toBe(await registers[0]?.metrics())
    }),
  )
})
