import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { findEndpoints } from '../../../src/image/engine/endpoint.ts'
import { findEngine } from '../../../src/image/index.ts'
import { fakeEngine } from '../../helpers/engine/fake.ts'
import { folder } from '../../helpers/folder.ts'

const contextFiles = (name: string, endpoint: object) => ({
  [`.docker/contexts/meta/${createHash('sha256').update(name).digest('hex')}/meta.json`]: JSON.stringify({
    Name: name,
    Endpoints: { docker: endpoint },
  }),
})

describe('where an engine is looked for', () => {
  const addresses = async (env: Record<string, string>, home?: string) =>
    (await findEndpoints({ env, home })).map(({ address }) => address)

  test('DOCKER_HOST is the only place, whatever the context', async () => {
    const home = folder({ '.docker/config.json': '{"currentContext":"colima"}' })
    expect(await addresses({ DOCKER_HOST: 'ssh://me@build', DOCKER_CONTEXT: 'x' }, home)).toEqual([
      'ssh://me@build',
    ])
  })

  test('a host without a scheme is tcp', async () => {
    expect(await addresses({ DOCKER_HOST: 'build:2375' })).toEqual(['tcp://build:2375'])
  })

  test('the current context is the only place', async () => {
    const home = folder({
      '.docker/config.json': '{"currentContext":"colima"}',
      ...contextFiles('colima', { Host: 'unix:///colima.sock' }),
    })
    expect(await addresses({}, home)).toEqual(['unix:///colima.sock'])
  })

  test('DOCKER_CONTEXT is before the current context, and "default" is none', async () => {
    const home = folder({
      '.docker/config.json': '{"currentContext":"colima"}',
      ...contextFiles('far', { Host: 'tcp://far:2376', SkipTLSVerify: true }),
    })
    const [far] = await findEndpoints({ env: { DOCKER_CONTEXT: 'far' }, home })
    expect(far).toMatchObject({ address: 'tcp://far:2376', tls: { skipVerify: true } })
    expect(await addresses({ DOCKER_CONTEXT: 'default' }, home)).toContain('unix:///var/run/docker.sock')
  })

  test('a context that is not there is named', async () => {
    await expect(findEndpoints({ env: { DOCKER_CONTEXT: 'gone' }, home: folder() })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('"gone"'),
    })
  })

  test('Docker is before Podman among the usual sockets', async () => {
    expect(await addresses({ XDG_RUNTIME_DIR: '/run/user/7' }, '/home/me')).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///home/me/.docker/run/docker.sock',
      'unix:///run/user/7/docker.sock',
      'unix:///run/user/7/podman/podman.sock',
      'unix:///run/podman/podman.sock',
    ])
  })

  test.each(['nonsense://x', 'tcp://', 'unix://'])('%s is no address', async (host) => {
    await expect(findEndpoints({ env: { DOCKER_HOST: host } })).rejects.toMatchObject({ code: 'USAGE' })
  })
})

describe('whether one answers', () => {
  test('an engine that answers is told by kind and version', async () => {
    const { env } = await fakeEngine()
    expect((await findEngine({ env })).engine).toMatchObject({ kind: 'docker', version: '1.0' })
    const podman = await fakeEngine({ podman: true })
    expect((await findEngine({ env: podman.env })).engine?.kind).toBe('podman')
  })

  test.each([
    ['a socket that is not there', 'unix:///tmp/flambe-no-such.sock', 'UNAVAILABLE'],
    ['a port where nobody listens', 'tcp://127.0.0.1:1', 'UNAVAILABLE'],
    ['a folder instead of a socket', 'unix:///tmp', 'UNAVAILABLE'],
  ])('%s is why there is none', async (_, host, code) => {
    const { failure } = await findEngine({ env: { DOCKER_HOST: host } })
    expect(failure).toMatchObject({ code, message: expect.stringContaining(host), hint: expect.any(String) })
  })

  test('one that says nothing counts as absent', async () => {
    const server = createServer(() => {}).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const address = server.address()
    const host = `tcp://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
    const { failure } = await findEngine({ env: { DOCKER_HOST: host }, patience: 50 })
    expect(failure?.code).toBe('UNAVAILABLE')
  })

  test('ssh:// goes through the ssh command, and says what it said where that fails', async () => {
    const { env } = await fakeEngine()
    const port = new URL(env.DOCKER_HOST).port
    const script = `#!${process.execPath}
      const wanted = '-p 2222 -l me -- build docker system dial-stdio'
      if (!process.argv.join(' ').endsWith(wanted)) { console.error('Permission denied'); process.exit(255) }
      const socket = require('node:net').connect(${port}, '127.0.0.1')
      process.stdin.pipe(socket).pipe(process.stdout)`
    const directory = folder({ ssh: script })
    chmodSync(join(directory, 'ssh'), 0o755)
    const found = await findEngine({ env: { DOCKER_HOST: 'ssh://me@build:2222', PATH: directory } })
    expect(found.engine).toMatchObject({ version: '1.0' })
    const { failure } = await findEngine({ env: { DOCKER_HOST: 'ssh://you@build', PATH: directory } })
    expect(failure).toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('Permission denied'),
    })
  })

  test('a socket that this user may not use is denied, with the group to join', async () => {
    if (process.getuid?.() !== 0) return
    const directory = folder()
    const socket = join(directory, 'docker.sock')
    const server = createServer().listen(socket)
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const script = `
      const { findEngine } = await import(${JSON.stringify(join(import.meta.dirname, '../../../src/image/index.ts'))})
      process.setuid(65534)
      const { failure } = await findEngine({ env: { DOCKER_HOST: 'unix://${socket}' } })
      console.log(failure.code, failure.hint)`
    const child = spawn(process.execPath, [
      '--no-warnings',
      '--input-type=module',
      '--eval',
      `import 'dockerode'\n${script}`,
    ])
    const [output] = await once(child.stdout, 'data')
    expect(`${output}`).toMatch(/^DENIED .*docker group/)
  })
})
