import { createHash, createHmac } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { copyArtifact } from '../../../src/builders/index.ts'
import { silent } from '../../../src/progress.ts'
import { load, openLocation } from '../../../src/storage/index.ts'
import { getManifestUrl, urlSource } from '../../../src/storage/s3/url-source.ts'
import { type Engine, engineConfig, type Leaf, writeEngine } from '../../helpers/artifact.ts'
import { unlikeBytes } from '../../helpers/bare-artifact.ts'
import { flambe } from '../../helpers/cli.ts'
import { folder } from '../../helpers/folder.ts'
import { makeCertificates } from '../../helpers/registry/certificates.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, weights, write } from '../../helpers/s3-suite.ts'
import { canMount, onSmallDisk } from '../../helpers/small-disk.ts'

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
function presign(
  url: URL,
  {
    key,
    secret,
    expires = 600,
    now = new Date(),
  }: { key: string; secret: string; expires?: number; now?: Date },
): string {
  const stamp = now.toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${stamp.slice(0, 8)}/us-east-1/s3/aws4_request`
  const query = new URLSearchParams({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${key}/${scope}`,
    'X-Amz-Date': stamp,
    'X-Amz-Expires': `${expires}`,
    'X-Amz-SignedHeaders': 'host',
  }).toString()
  const request = ['GET', url.pathname, query, `host:${url.host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join('\n')
  const digest = createHash('sha256').update(request).digest('hex')
  const text = ['AWS4-HMAC-SHA256', stamp, scope, digest].join('\n')
  const signing = scope
    .split('/')
    .reduce<string | Buffer>(
      (known, part) => createHmac('sha256', known).update(part).digest(),
      `AWS4${secret}`,
    )
  const signature = createHmac('sha256', signing).update(text).digest('hex')
  return `${url}?${query}&X-Amz-Signature=${signature}`
}

describe.runIf(hasVersity())('artifacts by https:// and http://', { timeout: 60_000 }, () => {
  const { place, proxy, endpoint, bucket, client, put, keys } = s3Suite()
  /** Lets anybody read what is below this path. */
  const publish = (path: string) =>
    client().send(
      new PutBucketPolicyCommand({
        Bucket: bucket(),
        Policy: JSON.stringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: '*',
              Action: ['s3:GetObject'],
              Resource: [`arn:aws:s3:::${bucket()}/${path}/*`],
            },
          ],
        }),
      }),
    )
  const login = () => ({
    key: process.env['AWS_ACCESS_KEY_ID'] ?? '',
    secret: process.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  })

  test('a presigned URL of a .tar.gz loads, without any credentials', async () => {
    await write(await place('models/engine'), { compress: true })
    const url = new URL(`${endpoint()}/${bucket()}/models/engine.tar.gz`)
    expect(weights(await load(presign(url, login())))).toHaveLength(3)
    await expect(load(url.href)).rejects.toMatchObject({ code: 'DENIED' })
  })

  test('a presigned URL that has expired says so, and tells no signature', async () => {
    await write(await place('engine'), { compress: true })
    const url = new URL(`${endpoint()}/${bucket()}/engine.tar.gz`)
    const signed = presign(url, { ...login(), expires: 1, now: new Date(Date.now() - 60_000) })
    const failure = await load(signed, { cacheDirectory: folder() }).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'DENIED', hint: expect.stringContaining('may have expired') })
    expect(String(failure)).not.toContain('Signature')
  })

  test('a folder that anybody may read loads by its URL, without any credentials; and a part of it alone', async () => {
    const bytes = unlikeBytes(20_000_000)
    const file = { $file: join(folder({ 'w.bin': bytes }), 'w.bin') }
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`code/ext/${n}.txt`, `${n}`]))
    await write(await place('models/数字 1'), { config: engineConfig({ file }), files })
    await publish('models')
    const url = `${proxy().endpoint}/${bucket()}/models/${encodeURIComponent('数字 1')}`
    proxy().taken()
    const cacheDirectory = folder()
    const engine = (await load(url, { cacheDirectory })) as Engine
    expect(weights(engine)).toEqual([[1, 1], [2], [3, 3, 3]])
    expect(Buffer.compare(readFileSync(engine.file ?? ''), bytes)).toBe(0)
    const asked = proxy().taken()
    expect(asked.filter(({ headers }) => headers['authorization'])).toEqual([])
    expect(asked.filter(({ headers }) => headers['range']).length).toBeGreaterThanOrEqual(2)
    await load(url, { cacheDirectory })
    expect(proxy().taken()).toHaveLength(1)

    const { manifest } = await openLocation(`${url}/flambe.json`, { manifestOnly: true })
    expect(manifest.name).toBe('engine')
    const leaf = (await load(`${url}/extras/1`, { cacheDirectory: folder() })) as Leaf
    expect([...leaf.weight]).toEqual([3, 3, 3])
  })

  test('a folder at a URL is checked file by file, and what breaks off goes on', async () => {
    const { artifact } = await write(await place('engine'))
    await publish('engine')
    const url = `${proxy().endpoint}/${bucket()}/engine`
    const seen = new Set<string>()
    proxy().fault = ({ path }) => {
      if (seen.has(path)) return undefined
      seen.add(path)
      return seen.size % 2 === 0 ? 'cut answer' : { status: 503, code: 'SlowDown' }
    }
    expect(weights(await load(url, { cacheDirectory: folder() }))).toHaveLength(3)
    expect(seen.size).toBeGreaterThan(3)
    const spec = artifact.manifest.files.find(({ path }) => path === 'spec.yaml')
    await put((await keys()).find((key) => key.endsWith(spec?.sha256 ?? 'none')) ?? '', '# The spec\n')
    await expect(load(url, { cacheDirectory: folder() })).rejects.toMatchObject({
      code: 'ARTIFACT_DAMAGED',
      message: expect.stringContaining('spec.yaml'),
    })
  })

  test('a folder that is replaced while it is read by a URL comes as the new one', async () => {
    const storage = await place('engine')
    await write(storage)
    await publish('engine')
    let replacing: Promise<unknown> | undefined
    proxy().fault = async ({ method, path, headers }) => {
      if (headers['authorization'] || method !== 'GET' || path.endsWith('flambe.json')) return undefined
      replacing ??= write(storage, { config: engineConfig({ extras: [] }), force: true })
      await replacing
      return undefined
    }
    const url = `${proxy().endpoint}/${bucket()}/engine`
    expect(weights(await load(url, { cacheDirectory: folder() }))).toEqual([[1, 1]])
  })

  test('a presigned URL of a folder says what it can open, and what to do', async () => {
    await write(await place('engine'))
    const of = (path: string) => presign(new URL(`${endpoint()}/${bucket()}/${path}`), login())
    const manifest = load(of('engine/flambe.json'), { cacheDirectory: folder() })
    await expect(manifest).rejects.toMatchObject({
      code: 'ARTIFACT_UNSUPPORTED',
      message: expect.stringContaining('opens this one alone'),
      hint: expect.stringContaining('--compress'),
    })
    await expect(load(of('engine'), { cacheDirectory: folder() })).rejects.toMatchObject({
      code: 'ARTIFACT_NOT_FOUND',
      hint: expect.stringContaining('without a query'),
    })
  })

  test('a folder that not everybody may read is denied', async () => {
    await write(await place('engine'))
    const url = `${endpoint()}/${bucket()}/engine`
    await expect(load(url, { cacheDirectory: folder() })).rejects.toMatchObject({ code: 'DENIED' })
  })
})

const serve = (listener: RequestListener) => listening(createServer(listener))

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server of the files in a folder, by the paths of requests as they are written. */
async function serveFiles(directory: string, rename: (path: string) => string): Promise<string> {
  return serve(({ url = '' }, response) => {
    const file = join(directory, rename(url))
    const isThere = existsSync(file) && statSync(file).isFile()
    response.writeHead(isThere ? 200 : 404).end(isThere ? readFileSync(file) : undefined)
  })
}

describe.runIf(hasVersity())('a folder that was copied to a bucket', () => {
  const { bucket, put } = s3Suite()

  test('loads, and so does a part of it alone', async () => {
    const directory = folder()
    const { files } = await writeEngine(join(directory, 'out'))
    const parts = ['model', 'extras/0', 'extras/1'].map((path) => `${path}/flambe.json`)
    for (const path of [...files.keys(), ...parts, 'flambe.json'])
      await put(`engine/${path}`, readFileSync(join(directory, 'out', path)))
    expect(weights(await load(`s3://${bucket()}/engine`))).toHaveLength(3)
    const leaf = (await load(`s3://${bucket()}/engine/extras/1`)) as Leaf
    expect([...leaf.weight]).toEqual([3, 3, 3])
  })
})

describe('folders of any server of files', () => {
  test.each(['a%2Fb', '100%'])('a path with %s in it is asked for as it is written', async (name) => {
    const directory = folder()
    await writeEngine(join(directory, 'out'))
    const root = await serveFiles(directory, (url) => url.replace(`/${name}/`, '/out/'))
    expect(weights(await load(`${root}/${name}`))).toHaveLength(3)
    const leaf = (await load(`${root}/${name}/extras/1`)) as Leaf
    expect([...leaf.weight]).toEqual([3, 3, 3])
  })

  test('an archive whose name does not say so loads from a server that refuses all other paths', async () => {
    const directory = folder()
    await writeEngine(join(directory, 'out'), { compress: true })
    const archive = readFileSync(join(directory, 'out.tar.gz'))
    const root = await serve(({ url }, response) => {
      if (url === '/latest') response.end(archive)
      else response.writeHead(400).end()
    })
    expect(weights(await load(`${root}/latest`))).toHaveLength(3)
  })

  test.each(['engine', 'engine.tar.gz'])('%s that is pulled is not in the cache afterwards', async (name) => {
    const directory = folder()
    await writeEngine(join(directory, 'engine'), { compress: name.endsWith('.gz') })
    const root = await serveFiles(directory, (url) => url)
    const cacheDirectory = folder()
    const back = join(folder(), 'back')
    const { signal } = new AbortController()
    const options = { force: false, cacheDirectory, directory, progress: silent, signal }
    await copyArtifact(`${root}/${name}`, back, options)
    expect(weights(await load(back))).toHaveLength(3)
    expect(readdirSync(cacheDirectory, { recursive: true })).not.toContain('s3')
    expect(readdirSync(cacheDirectory)).not.toContain('unpacked')
    expect(readdirSync(join(cacheDirectory, 'pulls'))).toEqual([])
  })

  test('a login in a URL is refused, and told nowhere', async () => {
    for (const path of ['engine', 'engine.tar.gz']) {
      const failure = await load(`https://me:hunter2@example.com/${path}`).catch((error: unknown) => error)
      expect(failure).toMatchObject({ code: 'ARTIFACT_UNSUPPORTED' })
      expect(inspect(failure)).not.toContain('hunter2')
    }
    const failure = await load('https://me:hunter2@').catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
    expect(inspect(failure)).not.toContain('hunter2')
  })

  test.each(['engine', 'engine.tar.gz'])(
    '%s at an https:// URL that leads to http:// is refused',
    async (name) => {
      const directory = folder()
      await writeEngine(join(directory, 'engine'), { compress: name.endsWith('.gz') })
      const plain = await serveFiles(directory, (url) => url)
      const { cert, key, caFile } = makeCertificates(directory)
      const server = createTlsServer({ cert, key }, ({ url }, response) => {
        response.writeHead(302, { location: `${plain}${url}` }).end()
      })
      const secure = (await listening(server)).replace('http:', 'https:')
      const { status, stderr } = await flambe(['inspect', `${secure}/${name}`], {
        env: { NODE_EXTRA_CA_CERTS: caFile },
      })
      expect([status, stderr]).toEqual([22, expect.stringContaining(`leads to ${plain}, which is no https`)])
    },
  )

  test('a server that only fails is not available', async () => {
    const source = urlSource(await serve((_, response) => void response.writeHead(503).end()), {
      signal: undefined,
      random: () => 0,
    })
    const reading = source.read({ key: 'a', name: 'a' }, { start: 0, end: 1, take: () => {} })
    await expect(reading).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('answered 503'),
    })
  })

  test.runIf(canMount('folders by a URL'))(
    'a disk that is full is told as such, and nothing is asked again',
    async () => {
      const directory = folder()
      const file = { $file: join(folder({ 'w.bin': unlikeBytes(8_000_000) }), 'w.bin') }
      await writeEngine(join(directory, 'engine'), { config: engineConfig({ file }) })
      const asked: string[] = []
      const root = await serveFiles(directory, (url) => {
        asked.push(url)
        return url
      })
      await onSmallDisk(4, async (cacheDirectory) => {
        await expect(load(`${root}/engine`, { cacheDirectory })).rejects.toMatchObject({ code: 'DISK_FULL' })
      })
      expect(asked.filter((url) => url.endsWith('w.bin'))).toHaveLength(1)
    },
  )

  test('an archive that is given for each path is not read to look for a manifest', async () => {
    const root = await serve((_, response) => {
      // Without end: whoever reads on never stops.
      const more = () => {
        while (response.write(Buffer.alloc(65_536, 1)));
      }
      response.on('drain', more)
      more()
    })
    await expect(getManifestUrl(`${root}/engine/flambe.json`, { signal: undefined })).resolves.toBeUndefined()
  })

  test('a redirect from https to http is refused wherever it leads in the end', async () => {
    const directory = folder()
    const { cert, key, caFile } = makeCertificates(directory)
    let plain = ''
    const tls = createTlsServer({ cert, key }, ({ url }, response) => {
      if (url === '/end') response.end('{}')
      else response.writeHead(302, { location: plain }).end()
    })
    const secure = (await listening(tls)).replace('http:', 'https:')
    plain = await serve((_, response) => void response.writeHead(302, { location: `${secure}/end` }).end())
    const { status, stderr } = await flambe(['inspect', `${secure}/engine`], {
      env: { NODE_EXTRA_CA_CERTS: caFile },
    })
    expect([status, stderr]).toEqual([22, expect.stringContaining(`leads to ${plain}, which is no https`)])
  })
})
