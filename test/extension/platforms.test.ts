import { readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Platform } from '../../src/artifact/index.ts'
import { openExtensions } from '../../src/extension/index.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import { npmRegistry } from '../helpers/npm-registry.ts'

const x64: Platform = { os: 'linux', arch: 'x64', libc: 'glibc' }
const arm64: Platform = { os: 'linux', arch: 'arm64', libc: 'glibc' }

const elf = readFileSync(process.execPath).subarray(0, 4096)
const armElf = Buffer.from(elf)
armElf.writeUInt16LE(183, 18)

const manifest = (name: string, more: object = {}) => ({ name, version: '1.0.0', main: 'index.js', ...more })
const addon = (arch: string, libc = 'glibc') =>
  manifest(`@tiny/linux-${arch}-${libc}`, { main: 'addon.node', os: ['linux'], cpu: [arch], libc: [libc] })
const tiny = manifest('tiny', {
  optionalDependencies: {
    '@tiny/linux-x64-glibc': '1.0.0',
    '@tiny/linux-arm64-glibc': '1.0.0',
    '@tiny/linux-arm64-musl': '1.0.0',
  },
})
const loader = `
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
const key = process.arch + '-' + libc
module.exports = () => {
  if (key === 'x64-glibc') return require('@tiny/linux-x64-glibc')
  if (key === 'arm64-glibc') return require('@tiny/linux-arm64-glibc')
  if (key === 'arm64-musl') return require('@tiny/linux-arm64-musl')
}`

/** An extension that uses \`packages\`, installed for x64, with a registry that has them for more. */
async function project(installed: Readonly<Record<string, string | Uint8Array>>, name = 'tiny') {
  const registry = await npmRegistry([
    [tiny, { 'index.js': loader }],
    [addon('x64'), { 'addon.node': elf }],
    [addon('arm64'), { 'addon.node': armElf }],
    [addon('arm64', 'musl'), { 'addon.node': armElf }],
  ])
  const directory = folder({
    'ext/index.ts': `import { Component } from 'flambe'\nimport made from '${name}'\nexport class Model extends Component { predict() { return typeof made } }\n`,
    'ext/.npmrc': `registry=${registry}\ncache=${join(folder(), 'npm')}\n`,
    ...Object.fromEntries(
      Object.entries(installed).map(([path, text]) => [`ext/node_modules/${path}`, text]),
    ),
  })
  return open(directory)
}

async function open(directory: string, location = './ext') {
  const cacheDirectory = folder()
  const [extension] = await openExtensions([{ name: 'ext', location }], { directory, cacheDirectory })
  return extension ?? expect.fail('nothing was opened')
}

const tinyHere = {
  'tiny/package.json': JSON.stringify(tiny),
  'tiny/index.js': loader,
  '@tiny/linux-x64-glibc/package.json': JSON.stringify(addon('x64')),
  '@tiny/linux-x64-glibc/addon.node': elf,
}

const natives = (files: ReadonlyMap<string, unknown>) =>
  [...files.keys()].filter((path) => /\.node$|\.so(\.\d+)?$/.test(path))

test('a package that brings one package for each platform gets that of the wanted one, from npm', async () => {
  const { pack } = await project(tinyHere)
  expect(natives((await pack({ platform: x64 })).files)).toEqual([
    'code/ext/node_modules/@tiny/linux-x64-glibc/addon.node',
  ])
  const { files, platform, dependencies } = await pack({ platform: arm64 })
  expect(natives(files)).toEqual(['code/ext/node_modules/@tiny/linux-arm64-glibc/addon.node'])
  expect([...files.keys()].filter((path) => path.includes('x64'))).toEqual([])
  expect(platform).toEqual(arm64)
  expect(dependencies).toEqual([
    { name: '@tiny/linux-arm64-glibc', version: '1.0.0', integrity: expect.stringMatching(/^sha512-/) },
    { name: 'tiny', version: '1.0.0' },
  ])
})

test('the libc of the wanted platform counts', async () => {
  const { pack } = await project(tinyHere)
  const { files } = await pack({ platform: { ...arm64, libc: 'musl' } })
  expect(natives(files)).toEqual(['code/ext/node_modules/@tiny/linux-arm64-musl/addon.node'])
})

test.each<readonly [string, string, Readonly<Record<string, string | Uint8Array>>, Platform]>([
  ['brings nothing for it', 'tiny', tinyHere, { os: 'linux', arch: 's390x', libc: 'glibc' }],
  [
    'is made for this one alone',
    'only',
    {
      'only/package.json': JSON.stringify(manifest('only', { cpu: ['x64'] })),
      'only/index.js': 'module.exports = 1',
    },
    arm64,
  ],
  [
    'was compiled here',
    'compiled',
    {
      'compiled/package.json': JSON.stringify(manifest('compiled')),
      'compiled/index.js': "module.exports = () => require('./build/Release/it.node')",
      'compiled/build/Release/it.node': elf,
    },
    arm64,
  ],
])('a package that %s is refused by its name', async (_, name, installed, platform) => {
  const { pack } = await project(installed, name)
  await expect(pack({ platform })).rejects.toMatchObject({
    code: 'EXTENSION_INVALID',
    message: `the package ${name} has no build for linux/${platform.arch}/glibc`,
  })
})

test('a package that carries several platforms gives each its own files', async () => {
  const example = new URL('../../examples/digits-onnx/', import.meta.url).pathname
  const directory = exampleCopy('digits-onnx')
  symlinkSync(join(example, 'node_modules'), join(directory, 'node_modules'))
  const { pack } = await open(directory)
  for (const arch of ['x64', 'arm64']) {
    const { files } = await pack({ platform: { os: 'linux', arch, libc: 'glibc' } })
    expect(natives(files)).toEqual([
      expect.stringContaining(`/linux/${arch}/libonnxruntime.so.1`),
      expect.stringContaining(`/linux/${arch}/onnxruntime_binding.node`),
    ])
  }
}, 120_000)
