import { execFile } from 'node:child_process'
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import { hasVersity, type S3Server, s3Environment, startS3Server } from '../helpers/s3.ts'
import { type S3Proxy, startS3Proxy } from '../helpers/s3-proxy.ts'

let server: S3Server
let proxy: S3Proxy
let client: S3Client

beforeAll(async () => {
  server = await startS3Server()
  proxy = await startS3Proxy(server)
  const { endpoint, login } = server
  const credentials = { accessKeyId: login.key, secretAccessKey: login.secret }
  client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
})
afterAll(async () => {
  await proxy.stop()
  await server.stop()
})

/** A machine of its own: nothing in its cache. */
const env = () => ({ ...s3Environment(server, proxy), FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder() })
const bucket = (Bucket: string) => client.send(new CreateBucketCommand({ Bucket }))
const keys = async (Bucket: string) =>
  ((await client.send(new ListObjectsV2Command({ Bucket }))).Contents ?? []).map(({ Key = '' }) => Key)

const dist = new URL('../../dist/index.js', import.meta.url).href

/** What `predict` answers of the object that `load(place)` gives, in a fresh process on another machine. */
async function ask(place: string, input: object, machine = env()): Promise<Record<string, unknown>> {
  const script = `import { load } from ${JSON.stringify(dist)}
const inference_engine = await load(process.argv[1], { setup: true })
const answer = await inference_engine.predict(JSON.parse(process.argv[2]))
console.log(JSON.stringify(answer, (_, value) => (ArrayBuffer.isView(value) ? [...value] : value)))
await inference_engine.close?.()`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '-e', script, place, JSON.stringify(input)],
    { env: { ...process.env, ...machine } },
  )
  return JSON.parse(stdout)
}

/** A project with this spec, built, and its sources deleted. */
async function built(project: string, spec: string): Promise<string> {
  writeFileSync(join(project, 'spec.yaml'), spec)
  const { status, stdout, stderr } = await flambe(['build', join(project, 'spec.yaml')], { env: env() })
  expect([status, stderr]).toEqual([0, expect.any(String)])
  rmSync(project, { recursive: true })
  return stdout
}

describe('the story of the documentation, in S3', () => {
  test('a classifier: storage: s3, destination: my-bucket, then load("s3://my-bucket") (row 40, row 46, row 51)', async () => {
    await bucket('my-bucket')
    const project = exampleCopy('breast-cancer')
    const rows = JSON.parse(readFileSync(join(project, 'data', 'breast-cancer-samples.json'), 'utf8'))
    const stdout = await built(
      project,
      `ext: ./ext
---
!Builder

storage: s3
destination: my-bucket

component: !ClassifierEngine
    model: !ext.BinaryClassifier.load_from_path:
      path: ./model
`,
    )
    expect(stdout).toBe('s3://my-bucket\n')
    const [{ features, POSITIVE }] = rows
    const machine = env()
    const answer = await ask('s3://my-bucket', { features }, machine)
    expect(answer['POSITIVE']).toBeCloseTo(POSITIVE, 5)
    expect(Number(answer['POSITIVE']) + Number(answer['NEGATIVE'])).toBeCloseTo(1, 9)

    proxy.taken()
    expect(await ask('s3://my-bucket', { features }, machine)).toEqual(answer)
    // It is in the cache of this machine now.
    expect(proxy.taken()).toHaveLength(1)

    const input = JSON.stringify({ features })
    const asked = await flambe(['predict', 's3://my-bucket', '--input', input], { env: env() })
    expect(JSON.parse(asked.stdout)).toEqual(answer)
    proxy.taken()
    const inspected = await flambe(['inspect', 's3://my-bucket', '--json'], { env: env() })
    expect(proxy.taken()).toHaveLength(1)
    const types = JSON.parse(inspected.stdout).components.map(({ type }: { type: string }) => type)
    expect(types).toEqual(['ext.ClassifierEngine', 'ext.BinaryClassifier'])
  }, 60_000)

  test('a network in a folder of the bucket with blanks and letters of any script, and in one .tar.gz', async () => {
    await bucket('networks')
    const example = new URL('../../examples/digits-onnx/', import.meta.url).pathname
    const modules = join(example, 'node_modules')
    const [{ image, label }] = JSON.parse(readFileSync(join(example, 'data', 'digits-samples.json'), 'utf8'))
    for (const compress of [false, true]) {
      const project = exampleCopy('digits-onnx')
      symlinkSync(modules, join(project, 'node_modules'))
      proxy.taken()
      const stdout = await built(
        project,
        `ext: ./ext
---
!Builder

storage: s3
destination: s3://networks/with blank/数字
compress: ${compress}
s3: {acl: private, requesterPays: true}

component: !ext.DigitReader
    weights: !file ./data/digits-cnn.onnx
`,
      )
      const place = `s3://networks/with blank/数字${compress ? '.tar.gz' : ''}`
      expect(stdout).toBe(`${place}\n`)
      const asked = proxy.taken()
      // A part is of an upload that has said it.
      const written = asked.filter(({ method, path }) =>
        method === 'PUT' ? !path.includes('partNumber=') : path.includes('?uploads') && method === 'POST',
      )
      for (const { headers } of asked) expect(headers['x-amz-request-payer']).toBe('requester')
      expect(written.map(({ headers }) => headers['x-amz-acl'])).toEqual(written.map(() => 'private'))
      expect(written).not.toEqual([])
      expect((await ask(place, { image }))['label']).toBe(label)
    }
  }, 120_000)
})

test('a spec takes a trained model out of a bucket, and what is built of it needs no bucket', async () => {
  await bucket('trained')
  const project = exampleCopy('breast-cancer')
  const variables = env()
  const place = 's3://trained/a model'
  await flambe(['push', join(project, 'model'), place], { env: variables })
  writeFileSync(
    join(project, 'spec.yaml'),
    `ext: ./ext
---
!Builder
destination: ./out/far
component: !ext.ClassifierEngine
  model: !ext.BinaryClassifier.load_from_path {path: ${place}}
`,
  )
  const { stdout, stderr } = await flambe(['build', join(project, 'spec.yaml')], { env: variables })
  expect(stdout, stderr).toBe(`${join(project, 'out', 'far')}\n`)
  await flambe(['rm', place], { env: variables })
  const [{ features, POSITIVE }] = JSON.parse(
    readFileSync(join(project, 'data', 'breast-cancer-samples.json'), 'utf8'),
  )
  expect((await ask(join(project, 'out', 'far'), { features }))['POSITIVE']).toBeCloseTo(POSITIVE, 5)
}, 60_000)

test('push, ls, pull and rm: what comes back is what was pushed', async () => {
  await bucket('tools')
  const project = exampleCopy('breast-cancer')
  const variables = env()
  const { stdout } = await flambe(['build', join(project, 'spec.yaml')], { env: variables })
  const artifact = stdout.trim()
  const place = 's3://tools/with blank/ünï'
  expect((await flambe(['push', artifact, place], { env: variables })).stdout).toBe(`${place}\n`)
  expect((await flambe(['push', artifact, place], { env: variables })).status).toBe(22)
  const listed = JSON.parse((await flambe(['ls', 's3://tools', '--json'], { env: variables })).stdout)
  expect(listed).toEqual([
    {
      location: place,
      name: 'engine',
      version: '1.0.0',
      size: expect.any(Number),
      modified: expect.stringMatching(/^20/),
    },
  ])
  const { stdout: shown } = await flambe(['ls', 's3://tools'], { env: variables })
  expect(shown).toMatch(
    /^s3:\/\/tools\/with blank\/ünï {2}engine {2}1\.0\.0 {2}[\d.]+ kB {2}20\d\d-\d\d-\d\d \d\d:\d\d\n$/,
  )
  expect((await flambe(['ls', 's3://tools/with'], { env: variables })).stdout).toBe('')
  const back = join(folder(), 'back')
  expect((await flambe(['pull', place, back], { env: variables })).stdout).toBe(`${back}\n`)
  expect(readFileSync(join(back, 'flambe.json'), 'utf8')).toBe(
    readFileSync(join(artifact, 'flambe.json'), 'utf8'),
  )
  expect((await flambe(['rm', place], { env: variables })).status).toBe(0)
  expect(await keys('tools')).toEqual([])
  const gone = await flambe(['predict', place, '--input', '{}'], { env: variables })
  expect([gone.status, gone.stderr]).toEqual([22, expect.stringContaining('there is no artifact')])
}, 60_000)

test.each([
  [22, ['ls', 's3://A'], {}, 'cannot be the name of an S3 bucket'],
  [22, ['ls', 's3://no-such-bucket'], {}, 'there is no bucket "no-such-bucket"'],
  [77, ['ls', 's3://tools'], { AWS_SECRET_ACCESS_KEY: 'wrong' }, 'AWS_SECRET_ACCESS_KEY'],
  [69, ['ls', 's3://tools'], { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' }, 'AWS_ENDPOINT_URL_S3'],
])('exit status %i of flambe %j comes with a sentence', async (status, args, more, text) => {
  if (!server.complete && status === 77) return
  const failed = await flambe(args, { env: { ...env(), ...more } })
  expect([failed.status, failed.stdout]).toEqual([status, ''])
  expect(failed.stderr).toContain(text)
  expect(failed.stderr.trim().split('\n').length).toBeLessThanOrEqual(3)
})

const model = `import { Component } from 'flambe'
export class Model extends Component {
  constructor(readonly args: { n: number; w: string }) { super() }
  predict(_: {}): { n: number } { return { n: this.args.n } }
}`
const spec = `ext: ./ext
---
!Builder
storage: s3
destination: s3://killed/model
component: !ext.Model {n: 0, w: !file ./w.bin}
`

test.runIf(hasVersity())(
  'kill -9 at ten random moments of a forced upload: readers find the earlier artifact or the new one',
  async () => {
    await bucket('killed')
    const cwd = folder({ 'ext/index.ts': model, 'spec.yaml': spec })
    const variables = env()
    /** Builds number `n`, and kills it as its request number `killAt` arrives. */
    const build = async (n: number, killAt = Number.POSITIVE_INFINITY) => {
      writeFileSync(join(cwd, 'w.bin'), `${n}`.padStart(3, '0').repeat(6_000_000))
      let kill = () => {}
      let count = 0
      proxy.fault = () => {
        count++
        if (count >= killAt) kill()
        return undefined
      }
      const { status } = await flambe(['build', 'spec.yaml', '-f', '-q', '--set', `component.n=${n}`], {
        cwd,
        env: variables,
        onSpawn: (child) => {
          kill = () => void child.kill('SIGKILL')
        },
      })
      proxy.fault = () => undefined
      return { status, count }
    }
    await build(0)
    const { count } = await build(1)
    let last = 1
    const moments = []
    for (let turn = 2; turn <= 11; turn++) {
      const killAt = 1 + Math.floor(Math.random() * count)
      moments.push(killAt)
      const { status } = await build(turn, killAt)
      const n = Number((await ask('s3://killed/model', {}))['n'])
      expect(status === 0 ? [turn] : [last, turn], `killed at requests ${moments} of ${count}`).toContain(n)
      last = n
    }
    expect((await build(99)).status).toBe(0)
    expect((await ask('s3://killed/model', {}))['n']).toBe(99)
    const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'killed' }))
    expect(Uploads).toEqual([])
    const { files } = JSON.parse(
      (await flambe(['inspect', 's3://killed/model', '--json'], { env: env() })).stdout,
    )
    const contents = new Set(files.map(({ sha256 }: { sha256: string }) => sha256))
    expect(await keys('killed')).toHaveLength(contents.size + 1)
  },
  240_000,
)
