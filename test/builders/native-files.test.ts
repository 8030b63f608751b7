import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkNativeFiles } from '../../src/builders/docker/native-files.ts'
import { artifactOf } from '../helpers/artifacts.ts'
import { folder } from '../helpers/folder.ts'

const amd64 = { os: 'linux', architecture: 'amd64' }

/** The header of an ELF file without segments: https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html */
function elf(machine: number): Buffer {
  const header = Buffer.alloc(64)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(machine, 18)
  return header
}

function machO(): Buffer {
  const header = Buffer.alloc(64)
  header.writeUInt32LE(0xfeedfacf, 0)
  header.writeUInt32LE(16777228, 4)
  return header
}

function artifactWith(path: string, bytes: Buffer) {
  const file = join(folder(), 'native')
  writeFileSync(file, bytes)
  return artifactOf({ [path]: { size: bytes.length, path: file } })
}

describe('native files', () => {
  test('of the platform pass, and so does what only has their name', async () => {
    expect(await checkNativeFiles(artifactWith('code/ext/a.node', elf(62)), amd64)).toEqual([])
    expect(await checkNativeFiles(artifactWith('code/ext/a.so', Buffer.from('text')), amd64)).toEqual([])
    expect(await checkNativeFiles(artifactWith('code/ext/a.js', elf(183)), amd64)).toEqual([])
  })

  test.each([
    ['of another processor', elf(183), 'linux/arm64'],
    ['of another system', machO(), 'darwin/arm64'],
  ])('%s are refused by their names', async (_, bytes, platform) => {
    const artifact = artifactWith('code/ext/node_modules/a/b.node', bytes)
    await expect(checkNativeFiles(artifact, amd64)).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: `code/ext/node_modules/a/b.node is made for ${platform}, and the image is for linux/amd64`,
    })
  })

  test('tell which libraries they need that the artifact does not bring', async () => {
    const artifact = artifactOf({ 'code/ext/node.so': { size: 1, path: process.execPath } })
    const needed = await checkNativeFiles(artifact, {
      os: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    })
    expect(needed).toContain('libc.so.6')
  })
})
