import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { folder } from '../helpers/folder.ts'
import { scratch } from '../helpers/registry/scratch.ts'

const root = join(import.meta.dirname, '..', '..')
const path = `${dirname(process.execPath)}${delimiter}${process.env['PATH']}`

function run(cwd: string, command: string, ...args: readonly string[]): string {
  const env = { ...process.env, PATH: path, FLAMBE_HOME: join(cwd, '.home') }
  return execFileSync(command, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

describe('the package', () => {
  let tarball = ''
  let files: readonly string[] = []

  beforeAll(() => {
    const place = scratch()
    const [packed] = JSON.parse(
      run(root, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', place),
    )
    tarball = join(place, packed.filename)
    files = packed.files.map(({ path }: { path: string }) => path)
    const { size, unpackedSize } = packed
    process.stderr.write(
      `the package: ${files.length} files, ${size} bytes packed, ${unpackedSize} unpacked\n`,
    )
  })

  test('holds what runs, what is read by people, and the templates; no sources, no tests', () => {
    const tops = new Set(files.map((file) => file.split('/')[0]))
    expect([...tops].sort()).toEqual(
      [
        'CHANGELOG.md',
        'Dockerfile.runtime',
        'LICENSE',
        'README.md',
        'bin',
        'dist',
        'docs',
        'oclif.manifest.json',
        'package.json',
        'templates',
      ].sort(),
    )
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.startsWith('templates/'))).toEqual([])
  })

  test('its exports and types are right for nodenext and bundlers', () => {
    const bin = join(root, 'node_modules', '.bin')
    run(root, join(bin, 'publint'), tarball, '--strict')
    run(root, join(bin, 'attw'), tarball, '--profile', 'esm-only')
  })

  test('its types are one file that no other package is needed for, since each build of a component reads them', () => {
    expect(files.filter((file) => file.endsWith('.d.ts') && !file.startsWith('templates/'))).toEqual([
      'dist/index.d.ts',
    ])
    const declarations = readFileSync(join(root, 'dist', 'index.d.ts'), 'utf8')
    const imported = [...declarations.matchAll(/(?:from|import\() ?["']([^"']+)["']/g)].map(
      ([, name]) => name,
    )
    expect(imported.filter((name) => !name?.startsWith('node:'))).toEqual([])
  })

  test('installed in an empty folder it starts a project that builds', () => {
    const project = folder()
    run(project, 'npm', 'install', '--no-audit', '--no-fund', tarball)
    run(project, 'npx', 'flambe', 'init', '--kind', 'plain', '--language', 'typescript')
    run(project, 'npm', 'install', '--no-audit', '--no-fund')
    expect(readFileSync(join(project, 'spec.schema.json'), 'utf8')).toContain('ext.LinearModel')
    run(project, 'npx', 'flambe', 'build', 'spec.yaml')
    run(project, 'npx', 'flambe', 'build', '--docker', '--base', 'host', '--output', 'image.oci', 'spec.yaml')
    expect(existsSync(join(project, 'image.oci', 'index.json'))).toBe(true)
    expect(JSON.parse(run(project, 'npm', 'run', '-s', 'predict'))).toMatchObject({ label: 'POSITIVE' })
    run(project, 'npm', 'run', '-s', 'check')
    const { dependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
    expect(dependencies.flambe).toContain('flambe-')
  }, 180_000)
})
