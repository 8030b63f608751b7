import { execFileSync, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Image, type Layer, writeArchive, writeLayout } from '../../../src/image/index.ts'
import { folder } from '../../helpers/folder.ts'
import { bytesOf, digestOf, imageOf, indexOf, randomLayer } from '../../helpers/registry/images.ts'
import { hasProgram } from '../../helpers/registry/programs.ts'
import { canMount, onSmallDisk } from '../../helpers/small-disk.ts'

const weights = randomLayer(300_000, { title: 'assets' })
const image = imageOf([weights, randomLayer(5000, { gzip: true })])
const changed = imageOf([weights, randomLayer(6000, { gzip: true })])
const arm = imageOf([weights, randomLayer(100)], { platform: { os: 'linux', architecture: 'arm64' } })

const read = (...path: string[]) => readFileSync(join(...path))
const json = (...path: string[]) => JSON.parse(read(...path).toString())
const blobs = (layout: string) => readdirSync(join(layout, 'blobs', 'sha256')).sort()
const hex = ({ digest }: { digest: string }) => digest.slice('sha256:'.length)
const hexOf = ({ layers, config, manifest }: Image) => [...layers, config, manifest].map(hex).sort()

/** Reads all of a layout and says whether each of its bytes is what a digest says. */
function validate(layout: string): void {
  expect(json(layout, 'oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
  for (const name of blobs(layout))
    expect(digestOf(read(layout, 'blobs', 'sha256', name))).toBe(`sha256:${name}`)
  for (const { digest } of json(layout, 'index.json').manifests)
    expect(blobs(layout)).toContain(digest.slice(7))
}

describe('a layout', () => {
  test('holds an image, whole, under its name', async () => {
    const layout = join(folder(), 'deep', 'image.oci')
    const receipt = await writeLayout(image, layout, { names: ['app:v1'] })
    validate(layout)
    expect(blobs(layout)).toEqual(hexOf(image))
    expect(json(layout, 'index.json').manifests).toEqual([
      {
        mediaType: image.manifest.mediaType,
        digest: image.manifest.digest,
        size: image.manifest.size,
        platform: image.platform,
        annotations: { 'org.opencontainers.image.ref.name': 'app:v1' },
      },
    ])
    const sizes = [...image.layers, image.config, image.manifest].map(({ size }) => size)
    const sum = sizes.reduce((total, size) => total + size, 0)
    expect(receipt).toEqual({ reference: layout, digest: image.manifest.digest, bytesSent: sum })
  })

  test('holds images for several platforms, what they share once', async () => {
    const layout = join(folder(), 'image.oci')
    const index = indexOf([image, arm])
    await writeLayout(index, layout)
    validate(layout)
    expect(blobs(layout)).toEqual([...new Set([...hexOf(image), ...hexOf(arm), hex(index.index)])].sort())
    expect(json(layout, 'index.json').manifests[0].digest).toBe(index.index.digest)
  })

  test('that is there keeps what the new image shares with it, and loses the rest', async () => {
    const layout = join(folder(), 'image.oci')
    await writeLayout(image, layout)
    const kept = join(layout, 'blobs', 'sha256', hex(weights))
    const before = statSync(kept)
    const { bytesSent } = await writeLayout(changed, layout)
    validate(layout)
    expect(blobs(layout)).toEqual(hexOf(changed))
    expect(statSync(kept)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
    expect(bytesSent).toBeLessThan(weights.size)
    expect((await writeLayout(changed, layout)).bytesSent).toBe(0)
  })

  test('that several write at the same time is whole, and of one of them', async () => {
    const layout = join(folder(), 'image.oci')
    await writeLayout(image, layout)
    const images = Array.from({ length: 6 }, (_, n) =>
      imageOf([weights, randomLayer(5000 + n, { gzip: true })]),
    )
    await Promise.all(images.map((one) => writeLayout(one, layout)))
    validate(layout)
    const { digest } = json(layout, 'index.json').manifests[0]
    const winner = images.find(({ manifest }) => manifest.digest === digest)
    expect(winner && hexOf(winner).every((name) => blobs(layout).includes(name))).toBe(true)
  })

  test('with a damaged blob is repaired', async () => {
    const layout = join(folder(), 'image.oci')
    await writeLayout(image, layout)
    writeFileSync(join(layout, 'blobs', 'sha256', hex(weights)), Buffer.alloc(weights.size))
    await writeLayout(image, layout)
    validate(layout)
  })

  test('never replaces what is no layout', async () => {
    const taken = folder({ 'notes.txt': 'mine', 'sub/file': 'x' })
    await expect(writeLayout(image, taken)).rejects.toMatchObject({ code: 'DESTINATION_INVALID' })
    await expect(writeLayout(image, join(taken, 'notes.txt'))).rejects.toMatchObject({
      code: 'DESTINATION_INVALID',
    })
    expect(readdirSync(taken).sort()).toEqual(['notes.txt', 'sub'])
    mkdirSync(join(taken, 'empty'))
    await writeLayout(image, join(taken, 'empty'))
    validate(join(taken, 'empty'))
  })

  test('is not there, or as it was, when a layer is not what its digest says', async () => {
    const parent = folder()
    const layout = join(parent, 'image.oci')
    const broken = imageOf([weights, lying(randomLayer(50_000))])
    await expect(writeLayout(broken, layout)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    expect(readdirSync(parent)).toEqual([])
    await writeLayout(image, layout)
    await expect(writeLayout(broken, layout)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    validate(layout)
    expect(json(layout, 'index.json').manifests[0].digest).toBe(image.manifest.digest)
  })

  test.each(['a new one', 'one that is there'])(
    'survives a kill in the middle of writing: %s',
    async (which) => {
      const parent = folder()
      const layout = join(parent, 'image.oci')
      if (which === 'one that is there') await writeLayout(image, layout)
      await killedWriter(layout)
      if (which === 'a new one') expect(readdirSync(parent)).not.toContain('image.oci')
      else expect(json(layout, 'index.json').manifests[0].digest).toBe(image.manifest.digest)
      // What it had finished might be another writer's, for an hour.
      for (const name of existsSync(layout) ? blobs(layout) : [])
        utimesSync(join(layout, 'blobs', 'sha256', name), 1, 1)
      await writeLayout(changed, layout)
      validate(layout)
      expect(blobs(layout)).toEqual(hexOf(changed))
      expect(readdirSync(parent)).toEqual(['image.oci'])
    },
  )
})

describe.runIf(canMount('layouts'))('a full disk', () => {
  test('is told as such, and has nothing of the image on it afterwards', () =>
    onSmallDisk(1, async (disk) => {
      const large = imageOf([randomLayer(2_000_000)])
      const full = { code: 'DISK_FULL' }
      await expect(writeLayout(large, join(disk, 'image.oci'))).rejects.toMatchObject(full)
      await expect(writeArchive(large, join(disk, 'image.tar'))).rejects.toMatchObject(full)
      expect(readdirSync(disk)).toEqual([])
      await writeLayout(image, join(disk, 'image.oci'))
      await expect(writeLayout(large, join(disk, 'image.oci'))).rejects.toMatchObject(full)
      validate(join(disk, 'image.oci'))
    }))
})

describe('an archive', () => {
  test('is a layout and what docker load takes, in one tar', async () => {
    const file = join(folder(), 'sub', 'image.tar')
    const { digest } = await writeArchive(image, file, { references: ['app:v1'] })
    expect(digest).toBe(image.manifest.digest)
    const unpacked = folder()
    execFileSync('tar', ['-xf', file, '-C', unpacked])
    validate(unpacked)
    const [entry] = json(unpacked, 'manifest.json')
    expect(entry.RepoTags).toEqual(['app:v1'])
    expect(digestOf(read(unpacked, entry.Config))).toBe(image.config.digest)
    expect(entry.Layers).toHaveLength(2)
  })

  test('is the same bytes each time, and not there at all when it fails', async () => {
    const directory = folder()
    const [one, two] = [join(directory, 'one.tar'), join(directory, 'two.tar')]
    await writeArchive(image, one)
    await writeArchive(image, two)
    expect(Buffer.compare(read(one), read(two))).toBe(0)
    const broken = imageOf([lying(randomLayer(50_000))])
    await expect(writeArchive(broken, join(directory, 'three.tar'))).rejects.toMatchObject({
      code: 'SOURCE_INVALID',
    })
    await expect(writeArchive(image, directory)).rejects.toMatchObject({ code: 'DESTINATION_INVALID' })
    expect(readdirSync(directory).sort()).toEqual(['one.tar', 'two.tar'])
  })
})

test('a kill in the middle of writing an archive leaves the old one, and nothing else after the next', async () => {
  const directory = folder()
  const file = join(directory, 'image.tar')
  await writeArchive(image, file)
  const before = read(file)
  await killedWriter(file)
  expect(read(file)).toEqual(before)
  expect(readdirSync(directory)).toHaveLength(2)
  await writeArchive(changed, file)
  expect(readdirSync(directory)).toEqual(['image.tar'])
})

describe('other tools', () => {
  test.runIf(hasProgram('skopeo'))('skopeo reads a layout, an index and an archive', async () => {
    const directory = folder()
    const [layout, multi, archive] = ['image.oci', 'multi.oci', 'image.tar'].map((name) =>
      join(directory, name),
    )
    await writeLayout(image, layout ?? '', { names: ['v1'] })
    const both = indexOf([image, arm])
    await writeLayout(both, multi ?? '', { names: ['v1'] })
    await writeArchive(image, archive ?? '', { references: ['localhost/app:v1'] })
    const digest = (reference: string) =>
      execFileSync('skopeo', ['inspect', '--format', '{{.Digest}}', '--override-arch', 'amd64', reference])
        .toString()
        .trim()
    expect(digest(`oci:${layout}:v1`)).toBe(image.manifest.digest)
    expect(digest(`oci-archive:${archive}`)).toBe(image.manifest.digest)
    expect(digest(`oci:${multi}:v1`)).toBe(both.index.digest)
    // The whole of each, digest by digest.
    for (const from of [
      `oci:${layout}:v1`,
      `oci:${multi}:v1`,
      `docker-archive:${archive}:localhost/app:v1`,
    ]) {
      const to = `dir:${mkdtempSync(join(directory, 'copy-'))}`
      execFileSync('skopeo', ['copy', '--quiet', '--override-arch', 'amd64', from, to])
    }
  })

  test.runIf(hasProgram('crane'))('crane validates an archive', async () => {
    const file = join(folder(), 'image.tar')
    // Without --fast crane unzips every layer, also one that says that it is a plain tar.
    await writeArchive(imageOf([randomLayer(5000, { gzip: true })]), file, {
      references: ['localhost/app:v1'],
    })
    expect(execFileSync('crane', ['validate', '--tarball', file]).toString()).toMatch(/^PASS/)
  })

  test.runIf(hasProgram('umoci') && process.getuid?.() === 0)('umoci unpacks a layout', async () => {
    const directory = folder()
    await writeLayout(image, join(directory, 'image.oci'), { names: ['v1'] })
    const from = `${join(directory, 'image.oci')}:v1`
    execFileSync('umoci', ['unpack', '--image', from, join(directory, 'bundle')], { stdio: 'ignore' })
    const [, last] = image.layers
    expect(statSync(join(directory, 'bundle', 'rootfs', 'data.bin')).size).toBe(5000)
    expect(last && (await bytesOf(last)).length).toBeGreaterThan(0)
  })
})

/** A layer whose bytes are others than its digest says. */
function lying(layer: Layer): Layer {
  return { ...layer, open: () => randomLayer(layer.size - 2048).open() }
}

function killedWriter(target: string): Promise<void> {
  const script = join(import.meta.dirname, 'fixtures', 'write-slowly.ts')
  const child = spawn(process.execPath, ['--no-warnings', script, target], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.stdout.once('data', () => setTimeout(() => child.kill('SIGKILL'), 50))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (_, signal) => (signal ? resolve() : reject(new Error('it was not killed'))))
  })
}
