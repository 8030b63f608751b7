import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { load } from '../../../src/storage/index.ts'
import { s3Storage } from '../../../src/storage/s3/s3.ts'
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

  /** A server that gives out credentials, as those of AWS do: of instances, containers, roles and sign-ins. */
  const serveCredentials = async () => {
    const [AccessKeyId, SecretAccessKey, Token] = ['given-key', 'given-secret', 'given-token']
    const later = new Date(Date.now() + 3_600_000)
    const Expiration = later.toISOString()
    const given = JSON.stringify({ Code: 'Success', AccessKeyId, SecretAccessKey, Token, Expiration })
    const roleCredentials = {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: Token,
      expiration: later.getTime(),
    }
    const assumed = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${AccessKeyId}</AccessKeyId><SecretAccessKey>${SecretAccessKey}</SecretAccessKey><SessionToken>${Token}</SessionToken><Expiration>${Expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`
    const answers: Readonly<Record<string, string>> = {
      'PUT /latest/api/token': 't',
      'GET /latest/meta-data/iam/security-credentials/': 'role',
      'GET /latest/meta-data/iam/security-credentials/role': given,
      'GET /container': given,
      'POST /': assumed,
      'GET /federation/credentials': JSON.stringify({ roleCredentials }),
    }
    const server = createHttpServer(({ method, url = '' }, response) => {
      const answer = answers[`${method} ${url.split('?')[0]}`]
      response.writeHead(answer === undefined ? 404 : 200).end(answer)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, given, Expiration }
  }
  type Given = Awaited<ReturnType<typeof serveCredentials>> & { readonly home: string }
  const role = 'arn:aws:iam::123456789012:role/reader'
  const file = (home: string, path: string, text: string) => {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
    return join(home, path)
  }
  const ways: [string, (given: Given) => Record<string, string>][] = [
    ['the metadata of an instance', ({ url }) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: url })],
    ['a container', ({ url }) => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/container` })],
    [
      'a web identity',
      ({ url, home }) => ({
        AWS_ROLE_ARN: role,
        AWS_WEB_IDENTITY_TOKEN_FILE: file(home, 'token', 'a token'),
        AWS_ENDPOINT_URL_STS: url,
      }),
    ],
    [
      'a sign-in (SSO)',
      ({ url, home, Expiration }) => {
        const token = { accessToken: 't', expiresAt: Expiration, region: 'us-east-1' }
        const name = createHash('sha1').update('us').digest('hex')
        file(home, `.aws/sso/cache/${name}.json`, JSON.stringify(token))
        const session = 'sso_region = us-east-1\nsso_start_url = https://us.awsapps.com/start'
        const profile = 'sso_session = us\nsso_account_id = 123456789012\nsso_role_name = reader'
        const text = `[profile us]\n${profile}\n[sso-session us]\n${session}\n`
        return { AWS_CONFIG_FILE: file(home, 'config', text), AWS_PROFILE: 'us', AWS_ENDPOINT_URL_SSO: url }
      },
    ],
    [
      'a program',
      ({ given, home }) => {
        const said = file(
          home,
          'said.json',
          JSON.stringify({ ...JSON.parse(given), SessionToken: 'given-token', Version: 1 }),
        )
        const text = `[profile us]\ncredential_process = cat ${said}\n`
        return { AWS_CONFIG_FILE: file(home, 'config', text), AWS_PROFILE: 'us' }
      },
    ],
  ]
  test.each(ways)('credentials come from %s', async (_, variables) => {
    const given = { ...(await serveCredentials()), home: folder() }
    setEnvironment({
      ...noEnvironment,
      HOME: given.home,
      AWS_ENDPOINT_URL_S3: proxy().endpoint,
      AWS_REGION: 'us-east-1',
      ...variables(given),
    })
    // This store knows no passing credentials; what it is asked with says where they came from.
    proxy().fault = () => ({ status: 400, code: 'InvalidToken' })
    const storage = await place('x')
    await expect(storage.check({ force: true, compress: false })).rejects.toMatchObject({ code: 'DENIED' })
    const [asked] = proxy().taken()
    expect(asked?.headers['authorization']).toContain('Credential=given-key/')
    expect(asked?.headers['x-amz-security-token']).toBe('given-token')
  })

  test.each([
    ['AWS_ENDPOINT_URL', () => ({ AWS_ENDPOINT_URL: proxy().endpoint })],
    [
      'the profile',
      () => ({
        AWS_CONFIG_FILE: file(folder(), 'config', `[default]\nendpoint_url = ${proxy().endpoint}\n`),
      }),
    ],
  ])('the endpoint of all services comes from %s', async (_, variables) => {
    setEnvironment({ AWS_ENDPOINT_URL_S3: undefined, ...variables() })
    await (await place('x')).check({ force: true, compress: false })
    expect(proxy().taken()).toHaveLength(1)
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
    const options = { endpoint: `http://localhost:${port}`, forcePathStyle: false }
    const storage = s3Storage(`s3://${bucket()}/x`, options, { random: () => 0 })
    const failure = await storage.check({ force: true, compress: false }).catch((error: unknown) => error)
    // Not every machine finds the names below localhost: then the failure says which was looked for.
    const hosts = proxy()
      .taken()
      .map(({ headers }) => headers['host'])
    expect(`${hosts} ${failure}`).toContain(`${bucket()}.localhost`)
  })

  test.each([
    [301, 'PermanentRedirect'],
    [307, 'TemporaryRedirect'],
    [400, 'AuthorizationHeaderMalformed'],
  ])('a bucket of another region is followed there (%i %s), and stays followed', async (status, code) => {
    proxy().fault = ({ headers }) =>
      `${headers['authorization']}`.includes('/us-east-1/')
        ? { status, code, headers: { 'x-amz-bucket-region': 'eu-north-1' } }
        : { status: 404, code: 'NoSuchKey' }
    const storage = await place()
    await expect(load(storage.url)).rejects.toMatchObject({ code: 'ARTIFACT_NOT_FOUND' })
    const regions = proxy()
      .taken()
      .map(({ headers }) => /\/([a-z0-9-]+)\/s3\//.exec(`${headers['authorization']}`)?.[1])
    // The place, and the two above it.
    expect(regions).toEqual(['us-east-1', 'eu-north-1', 'eu-north-1', 'eu-north-1'])
  })

  test('a region that the store names in words alone is followed as well', async () => {
    const storage = await place('x', { region: 'eu-north-1' })
    expect(await load((await write(storage)).location, { s3: { region: 'eu-north-1' } })).toBeDefined()
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
