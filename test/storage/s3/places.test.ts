import { readFileSync } from 'node:fs'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { describe, expect, test } from 'vitest'
import { load, openLocation, openStorage } from '../../../src/storage/index.ts'
import { engineConfig } from '../../helpers/artifact.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, weights, write } from '../../helpers/s3-suite.ts'

test.each([
  ['http://x/y', 's3://<bucket-name>'],
  ['s3://', 's3://<bucket-name>'],
  ['s3:///x', 's3://<bucket-name>'],
  ['s3://bucket/a//b', 's3://<bucket-name>'],
  ['s3://bucket/../b', 's3://<bucket-name>'],
  ['A', '"A" cannot be the name of an S3 bucket'],
  ['a..b', 'cannot be the name'],
  ['no_underscores', 'cannot be the name'],
  ['s3://ab', 'cannot be the name'],
])('%s is no destination (row 46)', async (destination, message) => {
  await expect(openStorage('s3', destination, { directory: '/' })).rejects.toMatchObject({
    code: 'DESTINATION_INVALID',
    message: expect.stringContaining(message),
  })
})

describe.runIf(hasVersity())('places in S3', () => {
  const { place, bucket, put, keys, proxy, client } = s3Suite()

  test('a bare bucket name is the whole bucket (row 46)', async () => {
    const storage = await openStorage('s3', bucket(), { directory: '/' })
    expect((await write(storage)).location).toBe(`s3://${bucket()}`)
    expect(weights(await load(`s3://${bucket()}`))[0]).toEqual([1, 1])
  })

  test('a prefix ends at a slash: "model" is not blocked by "models/…", and is by "model/…" (row 47)', async () => {
    await put('models/x')
    await put('model.txt')
    await write(await place('model'))
    await put('other/deep/x')
    await expect(write(await place('other'))).rejects.toMatchObject({ code: 'DESTINATION_NOT_EMPTY' })
  })

  test('only the place itself is looked at, in one request, however much is in it (row 47)', async () => {
    await Promise.all(Array.from({ length: 5 }, (_, index) => put(`model/${index}/x`)))
    await expect((await place('model')).check({ force: false, compress: false })).rejects.toThrow('--force')
    const [first, ...more] = proxy().taken()
    expect(first?.path).toContain('prefix=model/')
    expect(more).toEqual([])
  })

  test('with force, other things in the bucket stay as they are: an artifact replaces artifacts only (row 50)', async () => {
    await put('flambe.txt', 'mine')
    await put('files/x', 'mine')
    await expect(write(await place(''))).rejects.toMatchObject({ code: 'DESTINATION_NOT_EMPTY' })
    await write(await place(''), { force: true })
    await write(await place(''), { config: engineConfig({ extras: [] }), force: true })
    await write(await place('below'), {})
    expect(await keys()).toEqual(expect.arrayContaining(['files/x', 'flambe.txt']))
    expect(weights(await load(`s3://${bucket()}`))).toEqual([[1, 1]])
    expect(weights(await load(`s3://${bucket()}/below`))).toHaveLength(3)
  })

  test('a manifest that cannot be read is refused without force, and replaced with it', async () => {
    await put('m/flambe.json', '{"format": 1')
    await expect(load(`s3://${bucket()}/m`)).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' })
    await expect(write(await place('m'))).rejects.toMatchObject({ code: 'DESTINATION_NOT_EMPTY' })
    const { location } = await write(await place('m'), { force: true })
    expect(weights(await load(location))).toHaveLength(3)
  })

  test('one object holds one content, named by its digest, and the manifest says where each is (row 48)', async () => {
    const { artifact } = await write(await place())
    const { Body } = await client().send(
      new GetObjectCommand({ Bucket: bucket(), Key: 'models/ünï code/flambe.json' }),
    )
    const { places } = JSON.parse((await Body?.transformToString()) ?? '').s3
    const wanted = Object.values(places).map((object) => `models/ünï code/flambe-files/${object}`)
    expect((await keys()).sort()).toEqual([...wanted, 'models/ünï code/flambe.json'].sort())
    expect(Object.keys(places).sort()).toEqual(
      [...new Set(artifact.manifest.files.map(({ sha256 }) => sha256))].sort(),
    )
  })

  test('every object carries its digest (row 48)', async () => {
    await write(await place())
    const sent = proxy()
      .taken()
      .filter(({ method, path }) => method === 'PUT' && /\/[0-9a-f]{64}\?/.test(path))
    expect(sent.length).toBeGreaterThan(3)
    for (const { path, headers } of sent)
      expect(path).toContain(`/${headers['x-amz-meta-sha256'] ?? 'none'}?`)
  })

  test('an artifact that was copied to the bucket as a folder loads, and is replaced by force', async () => {
    const { location, artifact } = await write(await place())
    const copy = 'copied by hand'
    const { files, directory } = await openLocation(location)
    for (const [path, { source }] of files)
      await put(`${copy}/${path}`, source.kind === 'file' ? readFileSync(source.path) : '')
    await put(`${copy}/flambe.json`, readFileSync(`${directory}/flambe.json`))
    expect(weights(await load(`s3://${bucket()}/${copy}`))).toHaveLength(3)
    await write(await place(copy), { force: true })
    expect((await keys()).filter((key) => key.startsWith(copy)).length).toBeLessThanOrEqual(
      artifact.files.size + 1,
    )
    expect(await keys()).not.toContain(`${copy}/spec.yaml`)
    expect(weights(await load(`s3://${bucket()}/${copy}`))).toHaveLength(3)
  })
})
