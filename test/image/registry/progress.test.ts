import { describe, expect, test } from 'vitest'
import { pullImage, pushImage } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { bytesOf, imageOf, randomLayer } from '../../helpers/registry/images.ts'
import { scratch } from '../../helpers/registry/scratch.ts'
import { withRegistry } from '../../helpers/registry/with.ts'

/** What a tree of layers would show: for each step its title, size, bytes and note. */
function linesOf(events: readonly ProgressEvent[]) {
  return events.flatMap((event) => {
    if (event.type !== 'step' || event.title.startsWith('push ')) return []
    const own = events.filter((one) => 'id' in one && one.id === event.id)
    const bytes = own.reduce((sum, one) => sum + (one.type === 'bytes' ? one.count : 0), 0)
    const end = own.find((one) => one.type === 'done' || one.type === 'failed')
    const note = end?.type === 'done' ? (end.note ?? 'done') : end?.type
    return [{ title: event.title.replace(/ sha256:[0-9a-f]{12}$/, ''), total: event.total, bytes, note }]
  })
}

async function lines(work: (progress: (event: ProgressEvent) => void) => Promise<unknown>) {
  const events: ProgressEvent[] = []
  await work((event) => events.push(event)).catch(() => {})
  return linesOf(events)
}

describe('the progress of a push has one line for each blob', () => {
  const layer = randomLayer(200_000, { title: 'assets' })
  const image = imageOf([layer])
  const line = (title: string, blob: { size: number }, note: string) => ({
    title,
    total: blob.size,
    bytes: note === 'done' ? blob.size : 0,
    note,
  })

  test('with the bytes that went out, or "exists", "mounted", "cached"', async () => {
    const { at, options } = await withRegistry()
    const push = (to: string, more = {}) =>
      lines((progress) => pushImage(image, at(to), { ...options, ...more, progress }))
    expect(await push('me/app:v1')).toEqual([
      line('assets', layer, 'done'),
      line('config', image.config, 'done'),
    ])
    expect(await push('me/app:v2')).toEqual([
      line('assets', layer, 'cached'),
      line('config', image.config, 'cached'),
    ])
    expect(await push('me/other:v1')).toEqual([
      line('assets', layer, 'mounted'),
      line('config', image.config, 'mounted'),
    ])
    const cold = { cacheDirectory: scratch() }
    expect(await push('me/app:v3', cold)).toEqual([
      line('assets', layer, 'exists'),
      line('config', image.config, 'exists'),
    ])
  })

  test('whose bytes are those of the blob, also when some had to go again', async () => {
    const { memory, at, options } = await withRegistry()
    memory.faults.push({ method: 'PUT', path: /uploads/, resetAfter: 70_000 })
    const found = await lines((progress) => pushImage(image, at('me/app:v1'), { ...options, progress }))
    expect(found[0]).toEqual(line('assets', layer, 'done'))
  })

  test('below one for the push, which tells where to', async () => {
    const { at, options } = await withRegistry()
    const events: ProgressEvent[] = []
    await pushImage(image, at('me/app:v1'), { ...options, progress: (event) => events.push(event) })
    const steps = events.filter((event) => event.type === 'step')
    const [top, ...blobs] = steps
    expect(top).toMatchObject({ title: `push ${at('me/app:v1')}` })
    expect(blobs.map(({ parent }) => parent)).toEqual([top?.id, top?.id])
  })

  test('that fails with its blob', async () => {
    const { memory, at, options } = await withRegistry()
    memory.faults.push({ method: 'POST', path: /uploads/, status: 403, times: 9 })
    const found = await lines((progress) => pushImage(image, at('me/app:v1'), { ...options, progress }))
    expect(found[0]).toMatchObject({ title: 'assets', note: 'failed' })
  })
})

test('the progress of a pull has a line for a layer when it is downloaded, and only then', async () => {
  const { at, options } = await withRegistry()
  const image = imageOf([randomLayer(100_000), randomLayer(200_000)])
  await pushImage(image, at('me/app:v1'), options)
  const cacheDirectory = scratch()
  const found = await lines(async (progress) => {
    const { layers } = await pullImage(at('me/app:v1'), { ...options, cacheDirectory, progress })
    // Two readers, one download.
    await Promise.all(layers.slice(1).flatMap((layer) => [bytesOf(layer), bytesOf(layer)]))
    await Promise.all(layers.slice(1).map((layer) => bytesOf(layer)))
  })
  const size = image.layers[1]?.size
  expect(found).toEqual([{ title: 'downloading base', total: size, bytes: size, note: 'done' }])
})
