import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { hostPlatform, type Image, writeLayout } from '../../src/image/index.ts'
import { flambe } from '../helpers/cli.ts'
import { folder } from '../helpers/folder.ts'
import { npmRegistry } from '../helpers/npm-registry.ts'
import { imageOf, layerOf, tarOf } from '../helpers/registry/images.ts'
import { nodeLayer } from '../helpers/registry/node-image.ts'
import { unpackLayout } from '../helpers/root-fs.ts'

const elf = readFileSync(process.execPath).subarray(0, 4096)
const { arch } = process

const addon = (libc: 'glibc' | 'musl') => ({
  name: `@tiny/${libc}`,
  version: '1.0.0',
  main: 'addon.node',
  os: ['linux'],
  cpu: [arch],
  libc: [libc],
})
const tiny = {
  name: 'tiny',
  version: '1.0.0',
  main: 'index.js',
  optionalDependencies: { '@tiny/glibc': '1.0.0', '@tiny/musl': '1.0.0' },
}
const loader = `
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl'
module.exports = () => (libc === 'glibc' ? require('@tiny/glibc') : require('@tiny/musl'))`

const engine = `
import { Component } from 'flambe'
import load from 'tiny'
export class Engine extends Component { predict() { return typeof load } }`

/** A base with nothing but a dynamic loader and a program that is called node. */
const baseWith = (path: string): Image =>
  imageOf([layerOf(tarOf(path, elf), { gzip: true }), nodeLayer('usr/local/bin/node')], {
    platform: hostPlatform(),
    env: ['NODE_VERSION=24.1.0', 'PATH=/usr/local/bin'],
  })

/** A project with a package that has an addon of its own for each C library; installed is that of this machine. */
async function project() {
  const registry = await npmRegistry([
    [tiny, { 'index.js': loader }],
    [addon('glibc'), { 'addon.node': elf }],
    [addon('musl'), { 'addon.node': elf }],
  ])
  const directory = folder({
    'spec.yaml': 'ext: ./ext\n---\n!DockerBuilder\nname: engine\ncomponent: !ext.Engine\n',
    'ext/index.ts': engine,
    'ext/.npmrc': `registry=${registry}\ncache=${join(folder(), 'npm')}\n`,
    'ext/node_modules/tiny/package.json': JSON.stringify(tiny),
    'ext/node_modules/tiny/index.js': loader,
    'ext/node_modules/@tiny/glibc/package.json': JSON.stringify(addon('glibc')),
    'ext/node_modules/@tiny/glibc/addon.node': elf,
  })
  return directory
}

test('packages get the native files of the C library that the base has', async () => {
  const directory = await project()
  const bases = [
    ['musl', 'lib/ld-musl-x86_64.so.1'],
    ['glibc', 'lib64/ld-linux-x86-64.so.2'],
  ] as const
  for (const [libc, path] of bases) {
    await writeLayout(baseWith(path), join(directory, libc))
    const out = join(directory, `${libc}.oci`)
    const args = ['build', '--docker', '--base', `oci:./${libc}`, '--output', `oci:${out}`, 'spec.yaml']
    const ran = await flambe(args, { cwd: directory, env: { FLAMBE_CACHE_DIR: join(directory, 'cache') } })
    expect(ran).toMatchObject({ status: 0 })
    const { directory: root } = unpackLayout(out)
    const packages = join(root, 'app/code/ext/node_modules/@tiny')
    expect([libc, existsSync(packages) && readdirSync(packages)]).toEqual([libc, [libc]])
  }
})

test('a package without a build for the platform is told, and not that the base could not be asked for its C library', async () => {
  const directory = await project()
  const other = arch === 'x64' ? 'arm64' : 'amd64'
  const base = ['--base', '127.0.0.1:1/nowhere/node:24', '--platform', `linux/${other}`]
  const args = ['build', '--docker', ...base, '--output', 'oci:./out.oci', 'spec.yaml']
  const { status, stderr } = await flambe(args, { cwd: directory })
  expect([status, stderr]).toEqual([22, expect.stringMatching(/EXTENSION_INVALID.*has no build for/)])
})
