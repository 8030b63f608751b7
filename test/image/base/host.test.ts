import { execFileSync } from 'node:child_process'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-fs'
import { describe, expect, test } from 'vitest'
import { findLibraries } from '../../../src/image/base/host/libraries.ts'
import { readLoaderCache } from '../../../src/image/base/host/loader-cache.ts'
import { stripped } from '../../../src/image/base/host/strip.ts'
import { type Image, openBase } from '../../../src/image/index.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { baseOptions, sharedCache } from '../../helpers/engine/base-options.ts'
import { folder } from '../../helpers/folder.ts'

const isLinux = process.platform === 'linux'

/** The image's files in a folder. */
async function unpacked({ layers }: Image): Promise<string> {
  const root = folder()
  chmodSync(root, 0o755)
  for (const layer of layers) await pipeline(Readable.from(layer.open()), createGunzip(), extract(root))
  return root
}

test.runIf(isLinux)(
  'of a program that two strip into one cache at the same time the first copy stays: it may be being packed',
  async () => {
    const script = '#!/bin/sh\n/bin/sleep 0.3\n[ -e "$2" ] && printf x >> "$2"\n'
    const directory = folder({ node: 'program ', strip: script })
    chmodSync(join(directory, 'strip'), 0o755)
    const kept = join(directory, 'cache', 'node')
    const one = async () => {
      const path = await stripped(join(directory, 'node'), kept, { env: { PATH: directory } })
      const { ino, ctimeMs } = statSync(path)
      return { path, text: readFileSync(path, 'utf8'), ino, ctimeMs }
    }
    const [first, second] = await Promise.all([one(), sleep(150).then(one)])
    expect(first.text).toBe('program x')
    expect(first.path).not.toBe(join(directory, 'node'))
    expect(second).toEqual(first)
    expect(readdirSync(join(directory, 'cache'))).toEqual(['node'])
  },
)

describe.runIf(isLinux)('the base "host"', () => {
  test('is small, the same each time, and Node runs in it alone', { timeout: 120_000 }, async () => {
    const base = await openBase('host', baseOptions())
    expect(base.image.layers.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(45e6)
    const again = await openBase('host', baseOptions(sharedCache()))
    expect(again.image.manifest.digest).toBe(base.image.manifest.digest)
    if (process.getuid?.() === 0)
      expect(await says(await unpacked(base.image), base.node)).toEqual({
        version: process.version,
        user: 'nonroot',
        localhost: '127.0.0.1',
        trusts: true,
        tls: 'function',
      })
  })

  test('another platform is refused', async () => {
    const platform = { os: 'linux', architecture: process.arch === 'arm64' ? 'amd64' : 'arm64' }
    await expect(openBase('host', baseOptions({ platform }))).rejects.toMatchObject({ code: 'IMAGE_INVALID' })
  })

  test('a library that the component needs and this machine lacks is a warning', {
    timeout: 60_000,
  }, async () => {
    const events: ProgressEvent[] = []
    const options = { libraries: ['libnowhere.so.1'], progress: (event: ProgressEvent) => events.push(event) }
    await openBase('host', baseOptions({ ...sharedCache(), ...options }))
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', message: expect.stringContaining('libnowhere.so.1') }),
    )
  })
})

/** What Node says of the root file system that it runs in, as an unprivileged user. */
async function says(root: string, node: string): Promise<unknown> {
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n')
  const script = `
    const tls = require('node:tls')
    require('node:dns').lookup('localhost', { family: 4 }, (_, localhost) => console.log(JSON.stringify({
      version: process.version,
      user: require('node:os').userInfo().username,
      localhost,
      trusts: tls.getCACertificates('system').length > 0,
      tls: typeof tls.createSecureContext().context.init,
    })))`
  const args = ['--userspec=65532:65532', root, node, '--eval', script]
  const env = { SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' }
  return JSON.parse(execFileSync('/usr/sbin/chroot', args, { encoding: 'utf8', env }))
}

describe.runIf(isLinux)('shared libraries', () => {
  test('are all that the dynamic loader itself would load', async () => {
    const listed = execFileSync('ldd', [process.execPath], { encoding: 'utf8' })
    const names = [...listed.matchAll(/^\s*(\S+) => \//gm)].map(([, name]) => name)
    const { found, missing } = await findLibraries(process.execPath)
    expect([...found.keys()].sort()).toEqual(names.sort())
    expect([...missing]).toEqual([])
  })

  test('are found beside who needs them, by its run path', async () => {
    const elf = elfOf({
      needed: ['libone.so'],
      runPath: '$ORIGIN/../lib',
      interpreter: '/lib/ld-musl-x86_64.so.1',
    })
    const root = folder({
      'bin/program': elf,
      'lib/libone.so': elfOf({ needed: ['libtwo.so', 'libgone.so'] }),
      'usr/lib/libtwo.so': elfOf({}),
    })
    const { loader, found, missing } = await findLibraries(join(root, 'bin/program'), { root })
    expect(loader).toBe('/lib/ld-musl-x86_64.so.1')
    expect([...found]).toEqual([
      ['libone.so', join(root, 'lib/libone.so')],
      ['libtwo.so', join(root, 'usr/lib/libtwo.so')],
    ])
    expect([...missing]).toEqual([['libgone.so', join(root, 'lib/libone.so')]])
  })

  test('of another processor are passed over', async () => {
    const root = folder({
      program: elfOf({ needed: ['libone.so'], interpreter: '/lib64/ld-linux-x86-64.so.2' }),
      'lib64/libone.so': elfOf({ machine: 183 }),
      'usr/lib64/libone.so': elfOf({}),
    })
    const { found } = await findLibraries(join(root, 'program'), { root })
    expect(found.get('libone.so')).toBe(join(root, 'usr/lib64/libone.so'))
  })

  test('the loader cache is read as `ldconfig -p` does', async () => {
    const cache = await readLoaderCache('/etc/ld.so.cache')
    expect(cache.get('libc.so.6')?.[0]).toMatch(/^\/.*libc\.so\.6$/)
    expect(await readLoaderCache('/etc/passwd')).toEqual(new Map())
  })
})

type ElfParts = { needed?: readonly string[]; runPath?: string; interpreter?: string; machine?: number }

/** An ELF file of headers alone: https://refspecs.linuxfoundation.org/elf/gabi4+/contents.html */
function elfOf({ needed = [], runPath, interpreter, machine = 62 }: ElfParts): Buffer {
  const bytes = Buffer.alloc(4096)
  bytes.write('\x7fELF\x02\x01\x01', 0, 'latin1')
  bytes.writeUInt16LE(machine, 18)
  bytes.writeBigUInt64LE(64n, 32)
  bytes.writeUInt16LE(56, 54)
  bytes.writeUInt16LE(3, 56)
  const strings = Buffer.from(`\0${[...needed, runPath ?? ''].join('\0')}\0`)
  const at = (name: string) => BigInt(strings.indexOf(name))
  const entries = [
    ...needed.map((name) => [1n, at(name)]),
    ...(runPath ? [[29n, at(runPath)]] : []),
    [5n, 2048n],
    [10n, BigInt(strings.length)],
  ]
  const segments = [
    [1, 0, 4096],
    [2, 1024, entries.length * 16],
    [interpreter ? 3 : 4, 3072, 64],
  ]
  for (const [index, [type = 0, offset = 0, size = 0]] of segments.entries()) {
    const start = 64 + index * 56
    bytes.writeUInt32LE(type, start)
    for (const field of [8, 16]) bytes.writeBigUInt64LE(BigInt(offset), start + field)
    bytes.writeBigUInt64LE(BigInt(size), start + 32)
  }
  for (const [index, [tag = 0n, value = 0n]] of entries.entries()) {
    bytes.writeBigUInt64LE(tag, 1024 + index * 16)
    bytes.writeBigUInt64LE(value, 1032 + index * 16)
  }
  strings.copy(bytes, 2048)
  bytes.write(interpreter ?? '', 3072)
  return bytes
}
