import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest'
import { type Draft, draftArtifact } from '../../src/artifact/index.ts'
import type { ComponentConfig } from '../../src/construct/index.ts'
import { HashCache } from '../../src/files/index.ts'
import { silent } from '../../src/progress.ts'
import { openStorage, type S3Options, type Storage, type Stored } from '../../src/storage/index.ts'
import { buildEngine, code, type Engine, textFile } from './artifact.ts'
import { s3Environment, startS3Server } from './s3.ts'
import { type S3Proxy, startS3Proxy } from './s3-proxy.ts'

/** A draft of the engine of `artifact.ts`. */
export const draftOf = async (config?: ComponentConfig): Promise<Draft> =>
  draftArtifact(await buildEngine(config), {
    name: 'engine',
    code,
    spec: '# the spec\n',
    configText: '!ext.Engine\n',
  })

type WriteOptions = Partial<Parameters<Storage['write']>[1]> & {
  readonly config?: ComponentConfig
  /** More files of the artifact, by path. */
  readonly files?: Readonly<Record<string, string>>
}

/** Writes the engine to a place. */
export async function write(
  storage: Storage,
  { config, files = {}, ...options }: WriteOptions = {},
): Promise<Stored> {
  const defaults = { force: false, compress: false, hashCache: HashCache.none(), progress: silent }
  const { manifest, files: own } = await draftOf(config)
  const more = Object.entries(files).map(([path, text]) => [path, textFile(text)] as const)
  return storage.write({ manifest, files: new Map([...own, ...more]) }, { ...defaults, ...options })
}

/** Its weights, the model's first, then those of the extras. */
export const weights = (engine: object): number[][] =>
  [(engine as Engine).model, ...(engine as Engine).extras].map(({ weight }) => [...weight])

export type S3Suite = {
  readonly proxy: () => S3Proxy
  readonly client: () => S3Client
  /** The store itself, past the proxy. */
  readonly endpoint: () => string
  /** The bucket of this test. */
  readonly bucket: () => string
  /** A place in it; a full one where it begins with `s3://`. */
  readonly place: (path?: string, options?: S3Options) => Promise<Storage>
  readonly put: (key: string, body?: string | Uint8Array) => Promise<unknown>
  readonly keys: () => Promise<string[]>
  /** Keys of multipart uploads that were not ended. */
  readonly uploads: () => Promise<string[]>
}

/** A store for the tests of a file, behind a proxy, with a bucket for each; the environment leads the SDK to it. */
export function s3Suite(): S3Suite {
  const before = { ...process.env }
  let [count, started]: [number, Awaited<ReturnType<typeof start>> | undefined] = [0, undefined]
  const running = () => {
    if (!started) throw new Error('the store runs while tests run')
    return started
  }
  const bucket = () => `bucket-${count}`
  beforeAll(async () => {
    started = await start()
    Object.assign(process.env, s3Environment(started.server, started.proxy))
  })
  afterAll(async () => {
    process.env = before
    await started?.proxy.stop()
    await started?.server.stop()
  })
  beforeEach(async () => {
    count++
    // What another test loaded is brought again.
    process.env['FLAMBE_CACHE_DIR'] = mkdtempSync(join(tmpdir(), 'flambe-test-'))
    running().proxy.fault = () => undefined
    await running().client.send(new CreateBucketCommand({ Bucket: bucket() }))
    running().proxy.taken()
  })
  const client = () => running().client
  return {
    proxy: () => running().proxy,
    client,
    endpoint: () => running().server.endpoint,
    bucket,
    place: (path = 'models/ünï code', s3 = {}) =>
      openStorage('s3', /^s3:/.test(path) ? path : `s3://${bucket()}/${path}`, { directory: '/', s3 }),
    put: (Key, Body = 'x') => client().send(new PutObjectCommand({ Bucket: bucket(), Key, Body })),
    keys: async () => {
      const { Contents = [] } = await client().send(new ListObjectsV2Command({ Bucket: bucket() }))
      return Contents.map(({ Key = '' }) => Key)
    },
    uploads: async () => {
      const { Uploads = [] } = await client().send(new ListMultipartUploadsCommand({ Bucket: bucket() }))
      return Uploads.map(({ Key = '' }) => Key)
    },
  }
}

async function start() {
  const server = await startS3Server()
  const proxy = await startS3Proxy(server)
  const { endpoint, login } = server
  const credentials = { accessKeyId: login.key, secretAccessKey: login.secret }
  const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
  return { server, proxy, client }
}

/** Sets variables of the environment until the test ends; `undefined` takes one away. */
export function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  const before = { ...process.env }
  onTestFinished(() => {
    process.env = before
  })
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
