import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { type CliOptions, flambe } from '../helpers/cli.ts'

// Nothing here writes but logs and caches, so that all cases share one folder and run side by side.
const cwd = mkdtempSync(join(tmpdir(), 'flambe-test-'))
const isolated = { FLAMBE_CACHE_DIR: cwd, FLAMBE_HOME: cwd, XDG_CACHE_HOME: cwd, NO_COLOR: '1' }
const run = (args: readonly string[], env: CliOptions['env'] = {}) =>
  flambe(args, { cwd, env: { ...isolated, ...env } })

afterAll(() => rmSync(cwd, { recursive: true }))

describe('mistakes on the command line', () => {
  test.concurrent.for<[string, string, string]>([
    ['buidl', 'there is no command "buidl"', 'did you mean flambe build?'],
    ['cache purne', 'there is no command "cache purne"', 'did you mean flambe cache prune?'],
    ['frobnicate', 'there is no command "frobnicate"', 'flambe --help lists the commands'],
    ['--json build', 'a command comes first, and "--json" is none', 'flambe --help'],
    ['build', 'flambe build needs SPEC (YAML file', 'for example: flambe build spec.yaml'],
    ['push x', 'flambe push needs DESTINATION', 'for example: flambe push'],
    ['build --forse spec.yaml', 'flambe build has no flag --forse', 'did you mean --force?'],
    ['spec.yaml --quite', 'flambe run has no flag --quite', 'did you mean --quiet?'],
    ['build a.yaml b.yaml', 'takes no further argument, and got "b.yaml"', 'flambe build --help'],
    ['build spec.yaml --tag', 'flag --tag expects a value', 'flambe build --help'],
    ['init --kind nope', 'expected --kind=nope to be one of: plain, onnx, stream', 'flambe init --help'],
    ['cache prune --unused-for x', '--unused-for: Expected an integer', 'flambe cache prune --help'],
    ['autocomplete fish', 'fish', 'flambe --help'],
  ])('flambe %s: told with what to do, status 2', async ([line, message, hint], { expect }) => {
    const { status, stdout, stderr } = await run(line.split(' '))
    const told = line.includes('--json') ? stdout : stderr
    expect([status, told.replaceAll('\\"', '"')]).toEqual([2, expect.stringContaining(message)])
    expect(told).toContain(hint)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  test('flambe and flambe help list the commands, flambe help build is flambe build --help', async () => {
    const [bare, help, ofBuild, flag] = await Promise.all([
      run([]),
      run(['help']),
      run(['help', 'build']),
      run(['build', '--help']),
    ])
    expect([bare.status, bare.stdout]).toEqual([0, expect.stringContaining('  build  ')])
    expect(help).toEqual(bare)
    expect(ofBuild).toEqual(flag)
  })

  test('completion knows commands and flags', async () => {
    const { status, stdout } = await run(['autocomplete', 'script', 'bash'])
    expect([status, stdout]).toEqual([0, expect.stringContaining('FLAMBE_AC_BASH_SETUP_PATH')])
  })
})

describe('colours', () => {
  test.each<[string, CliOptions['env'], boolean]>([
    ['are for terminals, and this is a pipe', { NO_COLOR: undefined }, false],
    ['can be forced', { NO_COLOR: undefined, FORCE_COLOR: '1' }, true],
    ['are off with NO_COLOR, whatever else is set', { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', async (_, env, colored) => {
    const { stderr } = await run(['build', 'nope.yaml'], env)
    expect(stderr.includes('\u001b[31merror')).toBe(colored)
  })
})
