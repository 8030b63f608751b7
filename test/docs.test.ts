import { execFile } from 'node:child_process'
import { globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { folder } from './helpers/folder.ts'
import { hasDockerRegistry, startDockerRegistry } from './helpers/registry/docker-registry.ts'
import { s3Environment, startS3Server } from './helpers/s3.ts'

// A fence says what it is after its language: `file=PATH` is written, `run` is run in the same folder, `output` is what the last run printed.
// `needs=SERVICE` is one of `services`, which is there while the page's examples run.

type Fence = { readonly words: readonly string[]; readonly text: string; readonly line: number }

const root = join(import.meta.dirname, '..')
const pages = ['README.md', ...globSync('docs/*.md', { cwd: root })].sort()
const withExamples = pages.filter((page) => fencesOf(page).some(({ words }) => words.includes('run')))

type Service = {
  readonly isHere: (what: string) => boolean
  readonly start: () => Promise<NodeJS.ProcessEnv>
}

/** What examples may need of a machine; each is started for one test, and gives the variables by which it is found. */
const services: Readonly<Record<string, Service>> = {
  /** A store with the bucket `my-bucket`. */
  s3: {
    isHere: () => true,
    start: async () => {
      const server = await startS3Server()
      onTestFinished(server.stop)
      const env = s3Environment(server, server)
      const { key: accessKeyId, secret: secretAccessKey } = server.login
      const client = new S3Client({
        endpoint: server.endpoint,
        forcePathStyle: true,
        region: 'us-east-1',
        credentials: { accessKeyId, secretAccessKey },
      })
      await client.send(new CreateBucketCommand({ Bucket: 'my-bucket' }))
      return env
    },
  },
  registry: {
    isHere: hasDockerRegistry,
    start: async () => {
      const registry = await startDockerRegistry(folder())
      onTestFinished(registry.stop)
      return { REGISTRY: registry.host }
    },
  },
}

const needsOf = (page: string) =>
  fencesOf(page).flatMap(({ words }) => words.flatMap((word) => services[word.replace(/^needs=/, '')] ?? []))

describe.each(withExamples)('the examples of %s', (page) => {
  const needs = needsOf(page)
  test.runIf(needs.every(({ isHere }) => isHere(`the examples of ${page}`)))(
    'do what it says',
    async () => {
      const directory = workplace()
      const environments = await Promise.all(needs.map(({ start }) => start()))
      const env: NodeJS.ProcessEnv = Object.assign({}, process.env, ...environments)
      let printed = ''
      for (const { words, text, line } of fencesOf(page)) {
        const file = words.find((word) => word.startsWith('file='))?.slice('file='.length)
        if (file !== undefined) write(join(directory, file), text)
        if (words.includes('run')) printed = await run(directory, text, { env, place: `${page}:${line}` })
        if (words.includes('output')) expect(printed.trim(), `${page}:${line}`).toMatch(pattern(text.trim()))
      }
    },
    60_000,
  )
})

test.each(pages)('links of %s lead somewhere', (page) => {
  const text = readFileSync(join(root, page), 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target.replace(/#.*/, ''))
  const local = targets.filter((target) => target !== '' && !/^[a-z]+:/.test(target))
  expect(local.filter((target) => globSync(join(root, dirname(page), target)).length === 0)).toEqual([])
})

function fencesOf(page: string): Fence[] {
  const text = readFileSync(join(root, page), 'utf8')
  return [...text.matchAll(/^```(\S.*)\n([\s\S]*?)^```$/gm)].map(({ 1: info = '', 2: body = '', index }) => ({
    words: info.split(/\s+/).slice(1),
    text: body,
    line: text.slice(0, index).split('\n').length,
  }))
}

/** An empty project in which flambe is installed, and the examples lie beside it. */
function workplace(): string {
  const directory = folder()
  const bin = join(directory, 'node_modules', '.bin')
  mkdirSync(bin, { recursive: true })
  symlinkSync(root, join(directory, 'node_modules', 'flambe'))
  symlinkSync(join(root, 'bin', 'run.js'), join(bin, 'flambe'))
  symlinkSync(join(root, 'examples'), join(directory, 'examples'))
  return directory
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

async function run(
  directory: string,
  script: string,
  { env, place }: { readonly env: NodeJS.ProcessEnv; readonly place: string },
): Promise<string> {
  const path = [join(directory, 'node_modules', '.bin'), dirname(process.execPath), env['PATH']]
  try {
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: directory,
      env: { ...env, PATH: path.join(delimiter) },
    })
    return stdout
  } catch (error) {
    throw new Error(`the example at ${place} failed`, { cause: error })
  }
}

/** What was printed, where `…` stands for anything. */
function pattern(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('[\\s\\S]*?')}$`)
}
