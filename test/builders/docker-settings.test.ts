import { describe, expect, test } from 'vitest'
import { parseBuilderArguments } from '../../src/builders/docker/arguments.ts'
import { createdTime } from '../../src/builders/docker/created.ts'
import { gitFacts, webAddress } from '../../src/builders/docker/git-facts.ts'
import { parseOutput } from '../../src/builders/docker/output.ts'
import {
  type DockerArguments,
  type DockerOptions,
  dockerSettings,
} from '../../src/builders/docker/settings.ts'
import type { Blueprint } from '../../src/component/index.ts'
import { hostPlatform } from '../../src/image/index.ts'
import { folder } from '../helpers/folder.ts'
import { git } from '../helpers/git.ts'

const component: Blueprint = {
  config: { $type: 'ext.Thing', args: {} },
  with: () => component,
  build: async () => ({}),
}
const settings = (given: Omit<DockerArguments, 'component'> = {}, options: DockerOptions = {}) =>
  dockerSettings({ component, ...given }, options, { directory: '/home/me/My Engine' })

describe('the settings of an image', () => {
  test('have a default for everything', () => {
    expect(settings()).toEqual({
      name: 'My Engine',
      references: ['my-engine:latest'],
      base: 'gcr.io/distroless/nodejs24-debian13:nonroot',
      baseDirectory: '/home/me/My Engine',
      buildArgs: {},
      platforms: [hostPlatform()],
      push: false,
      labels: {},
      env: {},
      compression: 'gzip',
    })
  })

  test('are those of the spec, and the command line has the last word', () => {
    const given = {
      image: ['ghcr.io/me/app:v1', 'me/app'],
      base: 'host',
      platform: 'linux/amd64,linux/arm64/v8',
      output: 'out/app.tar',
      labels: { team: 'vision', level: 3 },
      env: { A: '1', DEBUG: true },
      user: 1000,
    }
    expect(settings(given)).toMatchObject({
      name: 'app',
      references: ['ghcr.io/me/app:v1', 'me/app:latest'],
      base: 'host',
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm64', variant: 'v8' },
      ],
      output: { kind: 'archive', path: '/home/me/My Engine/out/app.tar' },
      labels: { team: 'vision', level: '3' },
      env: { A: '1', DEBUG: 'true' },
      user: '1000',
    })
    const options = {
      tags: ['localhost:5000/other:v2'],
      output: 'layout',
      directory: '/here',
      labels: ['level=4=5'],
      env: ['A=', 'B=2'],
      user: 'nobody',
    }
    expect(settings(given, options)).toMatchObject({
      references: ['localhost:5000/other:v2'],
      output: { kind: 'layout', path: '/here/layout' },
      labels: { team: 'vision', level: '4=5' },
      env: { A: '', B: '2', DEBUG: 'true' },
      user: 'nobody',
    })
  })

  test.each<[string, DockerOptions, RegExp]>([
    ['a capital letter', { tags: ['Me/app'] }, /capital/],
    ['a tag with a space', { tags: ['app:v 1'] }, /the tag/],
    ['a digest', { tags: [`app@sha256:${'a'.repeat(64)}`] }, /digest/],
    ['a label without value', { labels: ['team'] }, /--label takes NAME=VALUE, and got "team"$/],
    ['a variable with a bad name, whose value may be secret', { env: ['1A=secret'] }, /and got "1A=…"$/],
    ['a label with a space', { labels: ['my team=x'] }, /--label/],
    ['a variable with a dash first', { env: ['-A=1'] }, /--env/],
    ['a user with a space', { user: 'no body' }, /is no user/],
    ['another system', { platform: 'windows/amd64' }, /is no platform/],
    ['an empty output', { output: 'oci:' }, /names no file or folder/],
  ])('refuse %s', (_, options, message) => {
    expect(() => settings({}, options)).toThrow(message)
  })

  test('of a !Builder take its component, its name and how it is served', () => {
    const given = { component, destination: './out/engine', storage: 'local', serve: { workers: 2 } }
    const parsed = parseBuilderArguments(given, { directory: '/work' })
    expect(parsed).toEqual({ component, name: 'engine', serve: { workers: 2 } })
  })

  test('of a !Builder that writes to its own folder have the name of that, wherever it is called', () => {
    const given = { component, destination: '.' }
    expect(parseBuilderArguments(given, { directory: '/home/me/engine' }).name).toBe('engine')
  })
})

test.each([
  ['docker', { kind: 'engine' }],
  ['image.tar', { kind: 'archive', path: '/x/image.tar' }],
  ['docker-archive:image', { kind: 'archive', path: '/x/image' }],
  ['oci-archive:image', { kind: 'archive', path: '/x/image' }],
  ['oci:image.tar', { kind: 'layout', path: '/x/image.tar' }],
  ['some:folder', { kind: 'layout', path: '/x/some:folder' }],
])('the output %j', (text, output) => {
  expect(parseOutput(text, (path) => `/x/${path}`)).toEqual(output)
})

describe('when an image was made', () => {
  test('is SOURCE_DATE_EPOCH, else the commit, else the epoch', () => {
    expect(createdTime('1700000000', 1600000000)).toBe('2023-11-14T22:13:20Z')
    expect(createdTime('', 1600000000)).toBe('2020-09-13T12:26:40Z')
    expect(createdTime(undefined, undefined)).toBe('1970-01-01T00:00:00Z')
  })

  test.each(['yesterday', '-1', '1.5'])('is never %j', (text) => {
    expect(() => createdTime(text, undefined)).toThrow(/SOURCE_DATE_EPOCH/)
  })
})

describe('what git tells', () => {
  test('is the commit, its time, and where the repository is, without credentials', async () => {
    const directory = folder({ 'sub/spec.yaml': 'x' })
    const commit = git(directory, { origin: 'https://user:secret@example.com/me/app.git' })
    expect(await gitFacts(`${directory}/sub`, process.env)).toEqual({
      revision: commit,
      time: 1_600_000_000,
      source: 'https://example.com/me/app',
    })
  })

  test('is nothing outside of a repository, and without git', async () => {
    const directory = folder()
    expect(await gitFacts(directory, { ...process.env, GIT_CEILING_DIRECTORIES: '/' })).toEqual({})
    git(directory, {})
    expect(await gitFacts(directory, { PATH: '/nowhere' })).toEqual({})
  })

  test.each([
    ['git@github.com:me/app.git', 'https://github.com/me/app'],
    ['ssh://git@github.com:22/me/app', 'https://github.com/me/app'],
    ['https://github.com/me/app.git', 'https://github.com/me/app'],
    ['http://localhost:3000/me/app', 'http://localhost:3000/me/app'],
    ['/srv/git/app', undefined],
    ['', undefined],
  ])('%j is %j on the web', (remote, address) => {
    expect(webAddress(remote)).toBe(address)
  })
})
