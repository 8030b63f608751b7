import { describe, expect, test } from 'vitest'
import type { ProgressEvent } from '../../../src/progress.ts'
import { listS3Artifacts, load, removeS3Artifact } from '../../../src/storage/index.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, write } from '../../helpers/s3-suite.ts'

describe.runIf(hasVersity())('what is in a bucket', () => {
  const { place, bucket, put, keys } = s3Suite()

  test('artifacts are listed with name, version, size and date: folders and archives, and nothing else', async () => {
    await write(await place('models/a'))
    await write(await place('models/b c'), { compress: true })
    await write(await place('other'))
    await put('models/notes.tar.gz', 'no artifact')
    await put('models/a/flambe.txt')
    const found = await listS3Artifacts(`s3://${bucket()}/models`)
    const common = { name: 'engine', version: '1.2.0', modified: expect.stringMatching(/^20.*Z$/) }
    expect(found).toEqual([
      { ...common, location: `s3://${bucket()}/models/a`, size: expect.any(Number) },
      { ...common, location: `s3://${bucket()}/models/b c.tar.gz`, size: expect.any(Number) },
    ])
    for (const { size } of found) expect(size).toBeGreaterThan(1000)
    for (const { location } of found) expect(await load(location)).toBeDefined()
    expect(await listS3Artifacts(`s3://${bucket()}`)).toHaveLength(3)
    expect(await listS3Artifacts(`s3://${bucket()}/model`)).toEqual([])
  })

  test('one that cannot be read does not hide the others', async () => {
    await write(await place('a'))
    await put('b/flambe.json', '{}')
    const events: ProgressEvent[] = []
    const found = await listS3Artifacts(`s3://${bucket()}`, { progress: (event) => void events.push(event) })
    expect(found.map(({ location }) => location)).toEqual([`s3://${bucket()}/a`])
    expect(events).toMatchObject([{ type: 'warning', message: expect.stringContaining('/b/flambe.json') }])
  })

  test('removal takes what is the artifact, and nothing else', async () => {
    const { location } = await write(await place('a'))
    await write(await place('a/inside'))
    await write(await place('ab'))
    await put('a/notes.txt')
    const before = await keys()
    await removeS3Artifact(location)
    const after = await keys()
    expect(before.filter((key) => !after.includes(key)).every((key) => /^a\/flambe/.test(key))).toBe(true)
    expect(after.filter((key) => /^a\/flambe/.test(key))).toEqual([])
    expect(after).toContain('a/notes.txt')
    expect(await load(`s3://${bucket()}/a/inside`)).toBeDefined()
    expect(await load(`s3://${bucket()}/ab`)).toBeDefined()
    await expect(removeS3Artifact(location)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
  })

  test('an archive is removed where flambe wrote it, and left where it did not', async () => {
    const { location } = await write(await place('a'), { compress: true })
    await removeS3Artifact(location)
    expect(await keys()).toEqual([])
    await put('mine.tar.gz')
    await expect(removeS3Artifact(`s3://${bucket()}/mine.tar.gz`)).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      message: expect.stringContaining('was not written by flambe'),
    })
  })

  test('removal of a place that holds no artifact removes nothing', async () => {
    await put('a/x')
    await expect(removeS3Artifact(`s3://${bucket()}/a`)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
    await expect(removeS3Artifact(`s3://${bucket()}`)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
    expect(await keys()).toEqual(['a/x'])
  })
})
