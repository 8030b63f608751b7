import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { bareArtifact, unlikeBytes } from '../helpers/bare-artifact.ts'
import { flambe } from '../helpers/cli.ts'
import { documentedKeys } from '../helpers/doc-tables.ts'
import { folder } from '../helpers/folder.ts'
import { hasVersity } from '../helpers/s3.ts'
import type { S3Request } from '../helpers/s3-proxy.ts'
import { s3Suite } from '../helpers/s3-suite.ts'

const mebibyte = 1024 ** 2

describe.runIf(hasVersity())('push, pull, ls and rm', { timeout: 60_000 }, () => {
  const { proxy, bucket, keys } = s3Suite()
  const machine = () => ({ FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder() })

  test('each ends with what it came to, and says the same with --json', async () => {
    const artifact = bareArtifact({ 'a.bin': unlikeBytes(30_000), 'b.bin': unlikeBytes(20_000) })
    const env = machine()
    const place = `s3://${bucket()}/engine`
    const json = async (...args: string[]) => JSON.parse((await flambe([...args, '--json'], { env })).stdout)
    const pushed = await flambe(['push', artifact, place], { env })
    expect(pushed.stderr).toMatch(/\ndone in [\d.]+ s {2}2 files, 50\.0 kB, 50\.0 kB sent\n$/)
    const again = await flambe(['push', artifact, place, '--force'], { env })
    expect(again.stderr).toMatch(/done in [\d.]+ s {2}2 files, 50\.0 kB, nothing new to send\n$/)
    const back = folder()
    const pulled = await flambe(['pull', place, join(back, 'a')], { env })
    expect(pulled.stderr).toMatch(/\ndone in [\d.]+ s {2}2 files, 50\.0 kB, 50\.0 kB received\n$/)

    const push = await json('push', artifact, `${place}-2`)
    expect(push).toEqual({ location: `${place}-2`, name: 'bare', files: 2, bytes: 50_000, bytesSent: 50_000 })
    const pull = await json('pull', place, join(back, 'b'))
    expect(pull).toMatchObject({ location: join(back, 'b'), bytes: 50_000, bytesReceived: 50_000 })
    const [listed] = await json('ls', `s3://${bucket()}`)
    const removed = await json('rm', place)
    expect(Object.keys(push)).toEqual(documentedKeys('`push` of an artifact'))
    expect(Object.keys(pull)).toEqual(documentedKeys('`pull`'))
    expect(Object.keys(listed)).toEqual(documentedKeys('`ls`'))
    expect(Object.keys(removed)).toEqual(documentedKeys('`rm`'))
  })

  test('flags say what the s3 section of a spec says', async () => {
    const artifact = bareArtifact({ 'a.bin': unlikeBytes(1000), 'b.bin': unlikeBytes(17 * mebibyte) })
    const env = { ...machine(), AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9', AWS_REGION: 'eu-north-1' }
    const seen: S3Request[] = []
    proxy().fault = (request) => void seen.push(request)
    const there = ['--endpoint', proxy().endpoint, '--region', 'us-east-1', '--requester-pays']
    const kept = ['--acl', 'private', '--storage-class', 'STANDARD']
    const encrypted = ['--server-side-encryption', 'aws:kms', '--sse-kms-key-id', 'key-1']
    const place = `s3://${bucket()}/engine`
    const run = async (...args: string[]) => {
      const { status, stderr } = await flambe([...args, ...there], { env })
      expect([status, stderr]).toEqual([0, expect.any(String)])
      const requests = seen.splice(0)
      for (const { headers } of requests) {
        expect(headers['authorization']).toContain('/us-east-1/s3/')
        expect(headers['x-amz-request-payer']).toBe('requester')
      }
      return requests
    }
    const pushed = await run('push', artifact, place, ...kept, ...encrypted)
    // A part is of an upload that has said it.
    const isBegun = ({ method, path }: S3Request) => method === 'POST' && path.includes('?uploads')
    const isPut = ({ method, path }: S3Request) => method === 'PUT' && !path.includes('partNumber=')
    expect(pushed.filter(isBegun)).toHaveLength(1)
    const written = pushed.filter((request) => isBegun(request) || isPut(request))
    expect(written.length).toBeGreaterThan(2)
    for (const { headers } of written)
      expect(headers).toMatchObject({
        'x-amz-acl': 'private',
        'x-amz-storage-class': 'STANDARD',
        'x-amz-server-side-encryption': 'aws:kms',
        'x-amz-server-side-encryption-aws-kms-key-id': 'key-1',
      })
    expect(await run('ls', place)).not.toEqual([])
    expect(await run('pull', place, join(folder(), 'back'))).not.toEqual([])
    expect(await run('rm', place)).not.toEqual([])
    expect(await keys()).toEqual([])
  })

  test('a flag that cannot be is told before anything is asked', async () => {
    const artifact = bareArtifact({ 'a.bin': unlikeBytes(1000) })
    const env = machine()
    const acl = await flambe(['push', artifact, `s3://${bucket()}/x`, '--acl', 'mine'], { env })
    expect([acl.status, acl.stderr]).toEqual([2, expect.stringContaining('bucket-owner-full-control')])
    const missing = ['ls', `s3://${bucket()}`, '--ca-bundle', '/none.pem']
    const ca = await flambe(missing, { env })
    expect([ca.status, ca.stderr]).toEqual([
      22,
      expect.stringContaining('/none.pem, the authorities to trust,'),
    ])
    expect(proxy().taken()).toEqual([])
  })

  test.runIf(process.platform === 'linux')(
    'a push and a pull take less than 200 MB of memory, whatever the artifact weighs',
    async () => {
      // What `getrusage` says is that of the process that started it, where that was larger.
      const tools = folder({
        'peak.mjs': `import { readFileSync, writeFileSync } from 'node:fs'
const peak = () => /VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
process.on('exit', () => writeFileSync(process.env.PEAK, peak()))`,
      })
      const PEAK = join(tools, 'peak')
      const env = { ...machine(), PEAK, NODE_OPTIONS: `--import ${join(tools, 'peak.mjs')}` }
      const artifact = bareArtifact({ 'a.bin': unlikeBytes(160 * mebibyte) })
      const place = `s3://${bucket()}/engine`
      const runs = [
        ['push', artifact, place],
        ['pull', place, join(folder(), 'back')],
      ]
      for (const args of runs) {
        expect((await flambe(args, { env })).status).toBe(0)
        expect(1024 * Number(readFileSync(PEAK, 'utf8')), args[0]).toBeLessThan(200_000_000)
      }
    },
  )

  /** Runs a command that is interrupted as the first request arrives that is `here`, which is never answered. */
  const interrupted = async (
    args: readonly string[],
    { env, here }: { env: Record<string, string>; here: (request: S3Request) => boolean },
  ) => {
    let child: ChildProcess | undefined
    proxy().fault = async (request) => {
      if (!child || !here(request)) return undefined
      child.kill('SIGINT')
      await once(child, 'exit')
      return 'reset'
    }
    const onSpawn = (one: ChildProcess) => {
      child = one
    }
    const result = await flambe(args, { env, onSpawn })
    proxy().fault = () => undefined
    return result
  }
  const expired = { status: 400, code: 'ExpiredToken' } as const

  test('Ctrl-C in a push: status 130, no artifact, and the next one sends what is missing', async () => {
    const artifact = bareArtifact({ 'a.bin': unlikeBytes(60 * mebibyte) })
    const env = machine()
    const push = ['push', artifact, `s3://${bucket()}/engine`]
    const third = ({ path }: S3Request) => path.includes('partNumber=3&')
    // All parts but one are there.
    proxy().fault = (request) => (third(request) ? expired : undefined)
    expect((await flambe(push, { env })).status).toBe(77)
    const { status, signal, stdout, stderr } = await interrupted(push, { env, here: third })
    expect([status, signal, stdout]).toEqual([130, null, ''])
    expect(stderr).toContain('interrupted by SIGINT')
    expect((await flambe(['inspect', `s3://${bucket()}/engine`], { env })).status).toBe(22)
    proxy().taken()
    expect((await flambe(push, { env })).status).toBe(0)
    const sent = proxy()
      .taken()
      .filter(({ path }) => path.includes('partNumber='))
    expect(sent.map(({ path }) => /partNumber=(\d+)/.exec(path)?.[1])).toEqual(['3'])
  })

  test('Ctrl-C in a push that replaces: the earlier artifact is whole', async () => {
    const env = machine()
    const place = `s3://${bucket()}/engine`
    await flambe(['push', bareArtifact({ 'a.bin': unlikeBytes(1000) }), place], { env })
    const other = bareArtifact({ 'a.bin': unlikeBytes(2000) })
    const commit = ({ method, path }: S3Request) => method === 'PUT' && path.includes('/flambe.json')
    const { status } = await interrupted(['push', other, place, '--force'], { env, here: commit })
    expect(status).toBe(130)
    const back = join(folder(), 'back')
    expect((await flambe(['pull', place, back], { env })).status).toBe(0)
    expect(readFileSync(join(back, 'a.bin'))).toHaveLength(1000)
  })

  test('Ctrl-C in a pull: status 130, no folder, and the next one brings what is missing', async () => {
    const bytes = unlikeBytes(60 * mebibyte)
    const env = machine()
    const place = `s3://${bucket()}/engine`
    await flambe(['push', bareArtifact({ 'a.bin': bytes }), place], { env })
    const back = join(folder(), 'back')
    const pull = ['pull', place, back]
    const second = ({ headers }: S3Request) => headers['range'] === 'bytes=16777216-33554431'
    proxy().fault = (request) => (second(request) ? expired : undefined)
    expect((await flambe(pull, { env })).status).toBe(77)
    const { status, stdout } = await interrupted(pull, { env, here: second })
    expect([status, stdout, existsSync(back)]).toEqual([130, '', false])
    proxy().taken()
    expect((await flambe(pull, { env })).status).toBe(0)
    expect(
      proxy()
        .taken()
        .filter(({ headers }) => headers['range']),
    ).toHaveLength(1)
    expect(Buffer.compare(readFileSync(join(back, 'a.bin')), bytes)).toBe(0)
  })
})
