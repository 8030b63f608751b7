import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { findCredentials } from '../../../src/image/registry/credentials.ts'
import type { ProgressEvent } from '../../../src/progress.ts'
import { scratch } from '../../helpers/registry/scratch.ts'

let home: string
let bin: string
beforeEach(async () => {
  home = scratch()
  bin = join(home, 'bin')
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const password = (username: string, secret: string) => ({ kind: 'password', username, password: secret })
const anonymous = { kind: 'anonymous' }

async function put(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(join(home, path)), { recursive: true })
  await writeFile(join(home, path), typeof value === 'string' ? value : JSON.stringify(value))
}

/** A real program on PATH; `answers` by the server that it is asked for. */
async function helper(name: string, script: string): Promise<void> {
  await put(`bin/docker-credential-${name}`, `#!/bin/sh\nread -r server\n${script}\n`)
  await chmod(join(bin, `docker-credential-${name}`), 0o755)
}

async function find(
  registry: string,
  { repository = 'me/app', env = {} }: { repository?: string; env?: Record<string, string> } = {},
) {
  const events: ProgressEvent[] = []
  const found = await findCredentials(
    { registry, repository },
    { home, env: { PATH: `${bin}:/usr/bin:/bin`, ...env }, progress: (event) => events.push(event) },
  )
  return { found, warnings: events.flatMap((event) => (event.type === 'warning' ? event.message : [])) }
}

describe('config.json of Docker', () => {
  test.each([
    [
      'ghcr.io',
      { 'ghcr.io': { auth: base64('me:s3cret:with:colons') } },
      password('me', 's3cret:with:colons'),
    ],
    ['ghcr.io', { 'https://ghcr.io/v1/': { auth: base64('me:pw') } }, password('me', 'pw')],
    ['ghcr.io', { 'https://ghcr.io': { username: 'me', password: 'pw' } }, password('me', 'pw')],
    ['localhost:5000', { 'localhost:5000': { auth: base64('me:pw') } }, password('me', 'pw')],
    ['docker.io', { 'https://index.docker.io/v1/': { auth: base64('me:hub') } }, password('me', 'hub')],
    ['docker.io', { 'docker.io': { auth: base64('me:hub') } }, password('me', 'hub')],
    [
      'my.azurecr.io',
      { 'my.azurecr.io': { auth: base64('00000000:'), identitytoken: 'refresh' } },
      { kind: 'identity', token: 'refresh' },
    ],
    ['a.b', { 'a.b': { registrytoken: 'bearer' } }, { kind: 'registry', token: 'bearer' }],
    ['a.b', { 'a.b': {} }, anonymous],
    ['a.b', { 'other.b': { auth: base64('me:pw') } }, anonymous],
    ['a.b:5000', { 'a.b': { auth: base64('me:pw') } }, anonymous],
    ['a.b', { 'a.b': { auth: 'not base64 of a pair' } }, anonymous],
  ])('%s with %j', async (registry, auths, expected) => {
    await put('.docker/config.json', { auths })
    expect((await find(registry)).found).toEqual(expected)
  })

  test('is read from DOCKER_CONFIG if that is set', async () => {
    await put('elsewhere/config.json', { auths: { 'a.b': { auth: base64('me:there') } } })
    await put('.docker/config.json', { auths: { 'a.b': { auth: base64('me:here') } } })
    const env = { DOCKER_CONFIG: join(home, 'elsewhere') }
    expect((await find('a.b', { env })).found).toEqual(password('me', 'there'))
  })

  test('that is no JSON is a warning that names the file, and no error', async () => {
    await put('.docker/config.json', '{ "auths": ')
    const { found, warnings } = await find('a.b')
    expect(found).toEqual(anonymous)
    expect(warnings).toEqual([expect.stringContaining(join(home, '.docker/config.json'))])
  })
})

describe('auth.json of Podman', () => {
  test.each([
    ['.config/containers/auth.json', {}],
    ['run/containers/auth.json', { XDG_RUNTIME_DIR: 'run' }],
    ['my-auth.json', { REGISTRY_AUTH_FILE: 'my-auth.json' }],
  ])('is found at %s', async (path, names) => {
    await put(path, { auths: { 'a.b': { auth: base64('me:pod') } } })
    const env = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, join(home, value)]))
    expect((await find('a.b', { env })).found).toEqual(password('me', 'pod'))
  })

  test('the most specific path wins', async () => {
    const auths = {
      'a.b': { auth: base64('host:1') },
      'a.b/me': { auth: base64('space:2') },
      'a.b/me/app': { auth: base64('repo:3') },
    }
    await put('.config/containers/auth.json', { auths })
    const of = async (repository: string) => (await find('a.b', { repository })).found
    expect(await of('me/app')).toEqual(password('repo', '3'))
    expect(await of('me/other')).toEqual(password('space', '2'))
    expect(await of('you/app')).toEqual(password('host', '1'))
  })

  test('comes after Docker’s', async () => {
    await put('.docker/config.json', { auths: { 'a.b': { auth: base64('docker:1') } } })
    await put('.config/containers/auth.json', { auths: { 'a.b': { auth: base64('podman:2') } } })
    expect((await find('a.b')).found).toEqual(password('docker', '1'))
  })
})

describe('a credential helper', () => {
  const reply = (username: string, secret: string) =>
    `echo '${JSON.stringify({ ServerURL: 'x', Username: username, Secret: secret })}'`

  test('of the host comes before the store, which comes before what the file holds', async () => {
    await helper('mine', reply('helper', '1'))
    await helper('store', reply('store', '2'))
    const auths = { 'a.b': { auth: base64('file:3') }, 'c.d': { auth: base64('file:3') } }
    await put('.docker/config.json', { auths, credHelpers: { 'a.b': 'mine' }, credsStore: 'store' })
    expect((await find('a.b')).found).toEqual(password('helper', '1'))
    expect((await find('c.d')).found).toEqual(password('store', '2'))
  })

  test('gets the server on stdin, Docker Hub under its old name', async () => {
    await helper('echo', `echo "{\\"Username\\":\\"me\\",\\"Secret\\":\\"$server\\"}"`)
    await put('.docker/config.json', { credsStore: 'echo' })
    expect((await find('docker.io')).found).toEqual(password('me', 'https://index.docker.io/v1/'))
    expect((await find('a.b:5000')).found).toEqual(password('me', 'a.b:5000'))
  })

  test('that answers with the user <token> gives an identity token', async () => {
    await helper('token', reply('<token>', 'refresh'))
    await put('.docker/config.json', { credsStore: 'token' })
    expect((await find('a.b')).found).toEqual({ kind: 'identity', token: 'refresh' })
  })

  test('that knows nothing leaves the rest of the file', async () => {
    await helper('none', 'echo "credentials not found in native keychain"; exit 1')
    await put('.docker/config.json', { credsStore: 'none', auths: { 'a.b': { auth: base64('me:pw') } } })
    expect(await find('a.b')).toEqual({ found: password('me', 'pw'), warnings: [] })
    expect(await find('c.d')).toEqual({ found: anonymous, warnings: [] })
  })

  test.each([
    ['missing', undefined, /docker-credential-missing is not in PATH/],
    ['broken', 'echo canary-secret', /docker-credential-broken gave no JSON/],
    ['failing', 'echo canary-secret; exit 3', /docker-credential-failing failed \(exit 3\)/],
    ['../../evil', undefined, /has no valid name/],
  ])('%s is a warning that names it and shows no output', async (name, script, message) => {
    if (script) await helper(name, script)
    await put('.docker/config.json', { credsStore: name, auths: { 'a.b': { auth: base64('me:pw') } } })
    const { found, warnings } = await find('a.b')
    expect(found).toEqual(password('me', 'pw'))
    expect(warnings).toEqual([expect.stringMatching(message)])
    expect(warnings.join()).not.toContain('canary')
  })
})

test('without home and environment there are none, and a login that is given comes before all', async () => {
  await put('.docker/config.json', { auths: { 'a.b': { auth: base64('file:1') } } })
  const place = { registry: 'a.b', repository: 'me/app' }
  expect(await findCredentials(place)).toEqual(anonymous)
  const login = { username: 'given', password: '2' }
  expect(await findCredentials(place, { home, login })).toEqual(password('given', '2'))
})
