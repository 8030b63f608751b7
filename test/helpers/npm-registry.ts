import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { createGzip } from 'node:zlib'
import { pack } from 'tar-stream'
import { onTestFinished } from 'vitest'
import { listen } from './registry/serve.ts'

type Package = { readonly name: string; readonly version: string; readonly [field: string]: unknown }
type Files = Readonly<Record<string, string | Uint8Array>>

/** A registry of npm packages on loopback for one test: each its package.json, and the files beside it. */
export async function npmRegistry(packages: readonly (readonly [Package, Files])[]): Promise<string> {
  const served = new Map<string, string | Buffer>()
  const { host, close } = await listen(({ url = '' }, response) => {
    const found = served.get(decodeURIComponent(url))
    response.writeHead(found === undefined ? 404 : 200).end(found ?? '{}')
  })
  onTestFinished(close)
  for (const [json, files] of packages) {
    const { name, version } = json
    const tarball = await tarballOf({ ...files, 'package.json': JSON.stringify(json) })
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`
    const dist = { tarball: `http://${host}/-/${name}.tgz`, integrity }
    served.set(`/-/${name}.tgz`, tarball)
    const packument = { name, 'dist-tags': { latest: version }, versions: { [version]: { ...json, dist } } }
    served.set(`/${name}`, JSON.stringify(packument))
  }
  return `http://${host}`
}

async function tarballOf(files: Files): Promise<Buffer> {
  const archive = pack()
  for (const [path, content] of Object.entries(files)) {
    archive.entry({ name: `package/${path}` }, typeof content === 'string' ? content : Buffer.from(content))
  }
  archive.finalize()
  return buffer(archive.pipe(createGzip()))
}
