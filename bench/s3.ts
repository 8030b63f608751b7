// Artifacts to and from an S3-compatible store on loopback, against rclone: node bench/s3.ts [MiB] [files], 0 of either to leave it out
// Needs versitygw and rclone on PATH.
import { randomFillSync } from 'node:crypto'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import type { FileEntry } from '../src/artifact/index.ts'
import { hashFile } from '../src/files/index.ts'
import { s3Environment, startS3Server } from '../test/helpers/s3.ts'
import { startS3Proxy } from '../test/helpers/s3-proxy.ts'
import { type Command, inTurn, report } from './measure.ts'

const bin = join(import.meta.dirname, '..', 'bin', 'run.js')
const work = mkdtempSync(join(tmpdir(), 'flambe-bench-'))
const [mebibytes = 1024, count = 5000] = process.argv.slice(2).map(Number)
const server = await startS3Server()

try {
  await run()
} finally {
  await server.stop()
  rmSync(work, { recursive: true, force: true })
}

async function run(): Promise<void> {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = s3Environment(
    server,
    server,
  )
  const options = { endpoint: server.endpoint, forcePathStyle: true, region: 'us-east-1' }
  const client = new S3Client({ ...options, credentials: { accessKeyId, secretAccessKey } })
  await client.send(new CreateBucketCommand({ Bucket: 'bench' }))
  await writeOne(join(work, 'one'))
  await writeMany(join(work, 'many'))
  if (mebibytes > 0) await compare('one', `${mebibytes} MiB in one file`)
  if (count > 0) await compare('many', `${count} files of 20 KB`)
  await unchanged(mebibytes > 0 ? 'one' : 'many')
}

async function compare(name: string, what: string): Promise<void> {
  const source = join(work, name)
  const login = s3Environment(server, server)
  const env = {
    ...login,
    FLAMBE_CACHE_DIR: join(work, 'cache'),
    FLAMBE_HOME: join(work, 'home'),
  }
  const remote = `:s3,provider=Other,access_key_id=${login['AWS_ACCESS_KEY_ID']},secret_access_key=${login['AWS_SECRET_ACCESS_KEY']},endpoint='${server.endpoint}':bench`
  const flambe = (...args: string[]): Command => ({
    name: 'flambe',
    argv: [process.execPath, bin, ...args, '-q'],
    env,
  })
  // With a CA bundle set, some versions of rclone do not start.
  const rclone = (...args: string[]): Command => ({
    name: 'rclone',
    argv: ['env', '-u', 'AWS_CA_BUNDLE', 'rclone', 'copy', '--transfers=8', '--config=', ...args],
  })
  const up: Awaited<ReturnType<typeof inTurn>>[] = []
  const down: typeof up = []
  const remoteCopy = `${remote}/${name}/theirs`
  // Once: it takes ten times as long as all else.
  const [theirUpload] = await inTurn([rclone(source, remoteCopy)], { runs: 1, warmUp: 0 })
  for (let turn = 0; turn < 3; turn++) {
    const ours = `s3://bench/${name}/ours${turn}`
    rmSync(join(work, 'cache'), { recursive: true, force: true })
    up.push(await inTurn([flambe('push', source, ours)], { runs: 1, warmUp: 0 }))
    rmSync(join(work, 'cache'), { recursive: true, force: true })
    const [a, b] = [join(work, `down-a${turn}`), join(work, `down-b${turn}`)]
    down.push(
      await inTurn([rclone(remoteCopy, a), flambe('pull', ours, b)], {
        runs: 1,
        warmUp: 0,
      }),
    )
    for (const folder of [a, b]) rmSync(folder, { recursive: true, force: true })
  }
  const best = (list: typeof up, index: number) =>
    Math.min(...list.map((figures) => figures[index]?.seconds ?? Number.NaN))
  const peak = (list: typeof up, index: number) =>
    Math.max(...list.map((figures) => figures[index]?.peakMegabytes ?? Number.NaN))
  const theirs = theirUpload?.seconds ?? Number.NaN
  report({ what: `upload of ${what} to rclone copy`, ours: best(up, 0), peer: theirs, limit: 1 })
  report({ what: 'peak memory of it', ours: peak(up, 0), limit: 200, unit: 'MB' })
  report({ what: `download of ${what} to rclone copy`, ours: best(down, 1), peer: best(down, 0), limit: 1 })
  report({ what: 'peak memory of it', ours: peak(down, 1), limit: 200, unit: 'MB' })
}

async function unchanged(name: string): Promise<void> {
  const proxy = await startS3Proxy(server)
  const env = {
    ...s3Environment(server, proxy),
    FLAMBE_CACHE_DIR: join(work, 'cache'),
    FLAMBE_HOME: join(work, 'home'),
  }
  const argv = [process.execPath, bin, 'push', join(work, name), `s3://bench/${name}/ours0`, '--force', '-q']
  await inTurn([{ name: 'again', argv, env }], { runs: 1, warmUp: 0 })
  const taken = proxy.taken()
  await proxy.stop()
  report({ what: 'requests of an unchanged export', ours: taken.length, limit: 3, unit: 'requests' })
  report({
    what: 'bytes that it sends',
    ours: taken.reduce((sum, { bytes }) => sum + bytes, 0),
    limit: 0,
    unit: 'bytes',
  })
}

async function writeOne(directory: string): Promise<void> {
  mkdirSync(directory)
  const file = openSync(join(directory, 'weights.bin'), 'w')
  const block = new Uint8Array(1 << 20)
  for (let index = 0; index < mebibytes; index++) writeSync(file, randomFillSync(block))
  closeSync(file)
  await asArtifact(directory, ['weights.bin'])
}

async function writeMany(directory: string): Promise<void> {
  mkdirSync(directory)
  const names = Array.from({ length: count }, (_, index) => `${index}.bin`)
  for (const name of names) writeFileSync(join(directory, name), randomFillSync(new Uint8Array(20_000)))
  await asArtifact(directory, names)
}

/** The least manifest that makes these files an artifact. */
async function asArtifact(directory: string, names: readonly string[]): Promise<void> {
  const files: FileEntry[] = []
  // Not read whole: what is measured next would have this process's peak of memory in its own, which a program keeps that another one starts.
  for (const path of names.toSorted()) files.push({ path, ...(await hashFile(join(directory, path))) })
  const nodes = { '': { type: 'None', version: '0.0.0' } }
  const manifest = {
    format: 1,
    flambe: '0.1.0',
    name: 'bench',
    nodes,
    classes: {},
    code: {},
    dependencies: [],
    files,
  }
  writeFileSync(join(directory, 'flambe.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}
