import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'
import { type S3Server, s3Environment, startS3Server } from '../helpers/s3.ts'

type Sample = { readonly features: readonly number[]; readonly POSITIVE: number }

describe('the story of the documentation, in S3', () => {
  let server: S3Server
  let client: S3Client
  beforeAll(async () => {
    server = await startS3Server()
    const { key, secret } = server.login
    const credentials = { accessKeyId: key, secretAccessKey: secret }
    client = new S3Client({
      endpoint: server.endpoint,
      forcePathStyle: true,
      region: 'us-east-1',
      credentials,
    })
  })
  afterAll(() => server.stop())

  const env = () => ({ ...s3Environment(server, server), FLAMBE_CACHE_DIR: folder(), FLAMBE_HOME: folder() })
  const bucket = (Bucket: string) => client.send(new CreateBucketCommand({ Bucket }))

  test('storage: s3, destination: my-bucket, then load("s3://my-bucket") in a fresh process, the sources deleted (row 40, row 46, row 51)', async () => {
    await bucket('my-bucket')
    const project = exampleCopy('breast-cancer')
    const variables = env()
    const [sample]: Sample[] = JSON.parse(
      readFileSync(join(project, 'data', 'breast-cancer-samples.json'), 'utf8'),
    )
    const spec = readFileSync(join(project, 'spec.yaml'), 'utf8')
      .replace('storage: local', 'storage: s3')
      .replace('./out/engine', 'my-bucket')
    writeFileSync(join(project, 'spec.yaml'), spec)
    const built = await flambe(['build', join(project, 'spec.yaml')], { env: variables })
    expect([built.status, built.stdout]).toEqual([0, 's3://my-bucket\n'])
    rmSync(project, { recursive: true })

    const dist = new URL('../../dist/index.js', import.meta.url).href
    const script = `import { load } from ${JSON.stringify(dist)}
const engine = await load('s3://my-bucket')
console.log(JSON.stringify(engine.predict({ features: JSON.parse(process.argv[1]) })))`
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script, JSON.stringify(sample?.features)],
      { env: { ...process.env, ...env() } },
    )
    expect(Math.abs(JSON.parse(stdout).POSITIVE - (sample?.POSITIVE ?? 9))).toBeLessThan(1e-5)

    const asked = await flambe(
      ['predict', 's3://my-bucket', '--input', JSON.stringify({ features: sample?.features })],
      { env: env() },
    )
    expect(JSON.parse(asked.stdout)).toEqual(JSON.parse(stdout))
    const { components } = JSON.parse(
      (await flambe(['inspect', 's3://my-bucket', '--json'], { env: env() })).stdout,
    )
    expect(components.map(({ type }: { type: string }) => type)).toEqual([
      'ext.ClassifierEngine',
      'ext.BinaryClassifier',
    ])
  })

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
    expect((await flambe(['ls', 's3://tools/with'], { env: variables })).stdout).toBe('')
    const back = join(folder(), 'back')
    expect((await flambe(['pull', place, back], { env: variables })).stdout).toBe(`${back}\n`)
    expect(readFileSync(join(back, 'flambe.json'), 'utf8')).toBe(
      readFileSync(join(artifact, 'flambe.json'), 'utf8'),
    )
    expect((await flambe(['rm', place], { env: variables })).status).toBe(0)
    expect((await client.send(new ListObjectsV2Command({ Bucket: 'tools' }))).Contents ?? []).toEqual([])
    const gone = await flambe(['predict', place, '--input', '{}'], { env: variables })
    expect([gone.status, gone.stderr]).toEqual([22, expect.stringContaining('there is no artifact')])
  })

  test('kill -9 at ten moments of a forced upload: readers find the earlier artifact or the new one', async () => {
    await bucket('killed')
    const model = `import { Component } from 'flambe'
export class Model extends Component {
  constructor(readonly args: { n: number; w: string }) { super() }
  predict(_: {}): { n: number } { return { n: this.args.n } }
}`
    const spec =
      'ext: ./ext\n---\n!Builder\nstorage: s3\ndestination: s3://killed/model\ncomponent: !ext.Model {n: 0, w: !file ./w.bin}\n'
    const cwd = folder({ 'ext/index.ts': model, 'spec.yaml': spec })
    const variables = env()
    const build = async (n: number, wait?: number) => {
      writeFileSync(join(cwd, 'w.bin'), `${n}`.padStart(3, '0').repeat(15_000_000))
      const onSpawn = (child: { kill: (signal: NodeJS.Signals) => boolean }) =>
        void (wait !== undefined && sleep(wait).then(() => child.kill('SIGKILL')))
      return flambe(['build', 'spec.yaml', '-f', '-q', '--set', `component.n=${n}`], {
        cwd,
        env: variables,
        onSpawn,
      })
    }
    const started = Date.now()
    expect((await build(1)).status).toBe(0)
    const took = Date.now() - started
    let last = 1
    for (let turn = 2; turn <= 11; turn++) {
      await build(turn, took * (0.35 + 0.07 * (turn - 2)))
      const { stdout, stderr, status } = await flambe(['predict', 's3://killed/model', '--input', '{}'], {
        env: env(),
      })
      expect([status, stderr]).toEqual([0, expect.any(String)])
      const { n } = JSON.parse(stdout)
      expect([last, turn]).toContain(n)
      last = n
    }
    expect((await build(99)).status).toBe(0)
  }, 120_000)
})
