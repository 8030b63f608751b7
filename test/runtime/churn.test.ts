import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Few, Numbered } from '../../src/runtime/backend/churn.ts'
import { createDeadlines } from '../../src/runtime/backend/deadlines.ts'

/** Numbers that share places, and ones far apart. */
const number = fc.oneof(
  fc.nat(5),
  fc.nat(5).map((n) => n + 1024),
  fc.nat(2 ** 40),
)

describe('things by number', () => {
  test('are those that a Map would hold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), number)), (steps) => {
        const [ours, map] = [new Numbered<{ n: number }>(), new Map<number, { n: number }>()]
        for (const [isAdded, n] of steps) {
          if (isAdded) {
            const one = { n }
            ours.set(n, one)
            map.set(n, one)
          } else expect(ours.delete(n)).toBe(map.delete(n))
          expect([ours.size, ours.get(n), ours.has(n)]).toEqual([map.size, map.get(n), map.has(n)])
        }
        expect(new Set(ours.values())).toEqual(new Set(map.values()))
      }),
    )
  })
})

test('a thing that is put in again, when its place has become free, is there once', () => {
  const ours = new Numbered<{ n: number }>()
  for (const n of [1, 1025]) ours.set(n, { n })
  ours.delete(1)
  ours.set(1025, { n: 1025 })
  expect(ours.delete(1025)).toBe(true)
  expect([ours.size, ours.get(1025), ours.values()]).toEqual([0, undefined, []])
})

describe('a few things', () => {
  test('are those that a Set would hold, in its order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(5))), (steps) => {
        const [ours, set] = [new Few<number>(), new Set<number>()]
        for (const [isAdded, one] of steps) {
          if (isAdded) ours.add(one)
          else ours.delete(one)
          if (isAdded) set.add(one)
          else set.delete(one)
          expect([ours.size, ...ours]).toEqual([set.size, ...set])
        }
      }),
    )
  })

  test('may be taken away while they are gone through', () => {
    const few = new Few<number>()
    for (const one of [1, 2, 3]) few.add(one)
    const seen: number[] = []
    for (const one of few) {
      seen.push(one)
      few.delete(one)
    }
    expect([seen, few.size]).toEqual([[1, 2, 3], 0])
  })
})

test('deadlines that were taken back do not expire, whatever the order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 20 }), async (isKept) => {
      const deadlines = createDeadlines()
      const expired: number[] = []
      const all = isKept.map((_, index) => ({
        deadline: performance.now() + 5,
        expire: () => expired.push(index),
      }))
      for (const one of all) deadlines.add(one)
      for (const [index, one] of all.entries()) if (!isKept[index]) deadlines.delete(one)
      const kept = isKept.flatMap((keep, index) => (keep ? [index] : []))
      await expect.poll(() => expired.toSorted((a, b) => a - b)).toEqual(kept)
    }),
    { numRuns: 20 },
  )
})
