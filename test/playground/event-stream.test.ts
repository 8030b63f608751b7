import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventsOf } from '../../src/playground/event-stream.ts'

const read = (chunks: readonly Uint8Array<ArrayBuffer>[]) =>
  Array.fromAsync(eventsOf(ReadableStream.from(chunks)))
const bytes = (text: string) => new TextEncoder().encode(text)

describe('the reader of event streams', () => {
  test('gives the same events wherever the bytes are cut', async () => {
    const text =
      'event: output\ndata: "é"\n\n: beat\n\nevent: output\r\ndata: 1\r\ndata: 2\r\n\r\nevent: done\ndata: {}\n\n'
    const whole = bytes(text)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(whole.length)), async (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length]
        const chunks = places.slice(1).map((end, index) => whole.slice(places[index], end))
        expect(await read(chunks)).toEqual([
          { event: 'output', data: '"é"' },
          { event: 'output', data: '1\n2' },
          { event: 'done', data: '{}' },
        ])
      }),
    )
  })

  test('leaves out an event that was cut short', async () => {
    expect(await read([bytes('data: 1\n\ndata: 2\n')])).toEqual([{ event: 'message', data: '1' }])
  })
})
