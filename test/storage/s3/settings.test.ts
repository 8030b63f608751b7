import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { load } from '../../../src/storage/index.ts'
import { engineConfig } from '../../helpers/artifact.ts'
import { folder } from '../../helpers/folder.ts'
import { makeCertificates } from '../../helpers/registry/certificates.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, setEnvironment, write } from '../../helpers/s3-suite.ts'

describe.runIf(hasVersity())('settings of S3', () => {
  const { place, proxy, bucket, endpoint } = s3Suite()
  const noEnvironment = {
    AWS_ENDPOINT_URL_S3: undefined,
    AWS_REGION: undefined,
    AWS_ACCESS_KEY_ID: undefined,
    AWS_SECRET_ACCESS_KEY: undefined,
  }

  test('endpoint, region and credentials come from a profile', async () => {
    const directory = folder({
      config: `[profile mine]\nregion = eu-central-1\nservices = here\n[services here]\ns3 =\n  endpoint_url = ${proxy().endpoint}\n`,
      credentials: `[mine]\naws_access_key_id = ${process.env['AWS_ACCESS_KEY_ID']}\naws_secret_access_key = ${process.env['AWS_SECRET_ACCESS_KEY']}\n`,
    })
    setEnvironment({
      ...noEnvironment,
      AWS_CONFIG_FILE: join(directory, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
    })
    proxy().fault = () => ({ status: 403, code: 'AccessDenied' })
    const storage = await place('x', { profile: 'mine' })
    await expect(storage.check({ force: true, compress: false })).rejects.toMatchObject({ code: 'DENIED' })
    const [asked] = proxy().taken()
    expect(asked?.path).toMatch(new RegExp(`^/${bucket()}`))
    expect(asked?.headers['authorization']).toContain('/eu-central-1/s3/')
  })

  test('the endpoint of the s3 section goes before the environment', async () => {
    setEnvironment({ AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' })
    await (await place('x', { endpoint: proxy().endpoint })).check({ force: true, compress: false })
    expect(proxy().taken()).toHaveLength(1)
  })

  test('another endpoint than AWS is asked by path, unless the section says otherwise', async () => {
    await (await place('x')).check({ force: true, compress: false })
    expect(proxy().taken()[0]?.path).toMatch(new RegExp(`^/${bucket()}`))
    const { port } = new URL(proxy().endpoint)
    proxy().fault = () => ({ status: 403, code: 'AccessDenied' })
    const storage = await place('x', { endpoint: `http://localhost:${port}`, forcePathStyle: false })
    await storage.check({ force: true, compress: false }).catch(() => {})
    const [asked] = proxy().taken()
    if (asked) expect(asked.headers['host']).toBe(`${bucket()}.localhost:${port}`)
  })

  test('a bucket of another region is followed there, and stays followed', async () => {
    proxy().fault = ({ headers }) =>
      `${headers['authorization']}`.includes('/us-east-1/')
        ? { status: 301, code: 'PermanentRedirect', headers: { 'x-amz-bucket-region': 'eu-north-1' } }
        : { status: 403, code: 'AccessDenied' }
    await expect(write(await place())).rejects.toMatchObject({ code: 'DENIED' })
    const regions = proxy()
      .taken()
      .map(({ headers }) => /\/([a-z0-9-]+)\/s3\//.exec(`${headers['authorization']}`)?.[1])
    expect(regions).toEqual(['us-east-1', 'eu-north-1'])
  })

  test('encryption, access and storage class go with every object, who pays with every request', async () => {
    proxy().fault = ({ method, headers }) => {
      expect(headers['x-amz-request-payer']).toBe('requester')
      if (method !== 'PUT') return undefined
      for (const name of Object.keys(headers))
        if (/^x-amz-(acl|server-side|storage)/.test(name)) seen.add(`${name}: ${headers[name]}`)
      return { status: 403, code: 'AccessDenied' }
    }
    const seen = new Set<string>()
    const storage = await place('x', {
      requesterPays: true,
      serverSideEncryption: 'aws:kms',
      sseKmsKeyId: 'key-1',
      acl: 'bucket-owner-full-control',
      storageClass: 'STANDARD_IA',
    })
    await expect(write(storage)).rejects.toMatchObject({ code: 'DENIED' })
    expect([...seen].sort()).toEqual([
      'x-amz-acl: bucket-owner-full-control',
      'x-amz-server-side-encryption-aws-kms-key-id: key-1',
      'x-amz-server-side-encryption: aws:kms',
      'x-amz-storage-class: STANDARD_IA',
    ])
  })

  test('no request carries a checksum that it need not: compatible stores refuse them', async () => {
    const file = { $file: join(folder({ 'w.bin': Buffer.alloc(20_000_000) }), 'w.bin') }
    const { location } = await write(await place(), { config: engineConfig({ file }) })
    await load(location)
    for (const { method, path, headers } of proxy().taken()) {
      if (path.includes('?delete')) continue
      const names = Object.keys(headers).filter((name) => /^x-amz-(sdk-)?checksum|^x-amz-trailer/.test(name))
      expect([method, path, ...names]).toEqual([method, path])
      expect(headers['content-encoding']).not.toBe('aws-chunked')
    }
  })

  test.each(['AWS_CA_BUNDLE', 'ca_bundle', 'caBundle'])(
    'a private authority is trusted by %s',
    async (way) => {
      const { caFile, cert, key } = makeCertificates(folder())
      const server = createServer({ cert, key }, (incoming, outgoing) => {
        const { method, url, headers } = incoming
        const onward = request(`${endpoint()}${url}`, { method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        })
        incoming.pipe(onward)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      onTestFinished(() => void server.close())
      const there = { endpoint: `https://localhost:${(server.address() as AddressInfo).port}` }
      setEnvironment({ AWS_CA_BUNDLE: undefined })
      const check = async (options = {}) =>
        (await place('x', { ...there, ...options })).check({ force: true, compress: false })
      await expect(check()).rejects.toMatchObject({
        code: 'UNAVAILABLE',
        hint: expect.stringContaining('AWS_CA_BUNDLE'),
      })
      if (way === 'AWS_CA_BUNDLE') setEnvironment({ AWS_CA_BUNDLE: caFile })
      if (way === 'ca_bundle') {
        const config = join(folder({ config: `[default]\nca_bundle = ${caFile}\n` }), 'config')
        setEnvironment({ AWS_CONFIG_FILE: config })
      }
      await check(way === 'caBundle' ? { caBundle: caFile } : {})
    },
  )
})
