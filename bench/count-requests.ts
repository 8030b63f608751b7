import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Counts = { readonly requests: number; readonly bytes: number }

/** Stands before a registry, and counts requests and the bytes of their bodies. */
export async function startCounter(target: string) {
  const seen = { requests: 0, bytes: 0 }
  const [hostname, port] = target.split(':')
  const server = createServer((near, answer) => {
    seen.requests++
    const { method, url: path, headers } = near
    const far = request({ hostname, port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers)
      response.pipe(answer)
    })
    near.on('data', ({ length }: Buffer) => {
      seen.bytes += length
    })
    near.on('close', () => near.complete || far.destroy())
    far.on('error', () => answer.destroy())
    near.pipe(far)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: (): Counts => ({ ...seen }),
    /** What was seen while `work` went on. */
    during: async (work: () => Promise<unknown>): Promise<Counts> => {
      const before = { ...seen }
      await work()
      return { requests: seen.requests - before.requests, bytes: seen.bytes - before.bytes }
    },
    close: () => new Promise((closed) => server.close(closed)),
  }
}
