import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { load } from '../../../src/storage/index.ts'
import { folder } from '../../helpers/folder.ts'
import { hasVersity } from '../../helpers/s3.ts'
import { s3Suite, weights, write } from '../../helpers/s3-suite.ts'

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

describe.runIf(hasVersity())('artifacts by https:// and http://', () => {
  const { place, endpoint, bucket } = s3Suite()
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
})
