import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { MemoryRegistry } from './memory.ts'
import type { Personality } from './personalities.ts'

export type Running = {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly close: () => Promise<void>
}

/** Listens on loopback, with TLS if a certificate is given. */
export async function listen(
  listener: RequestListener,
  { tls }: { tls?: { readonly key: string; readonly cert: string } } = {},
): Promise<Running> {
  const server = tls ? createTlsServer(tls, listener) : createServer(listener)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const close = async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  }
  return { host: `127.0.0.1:${port}`, close }
}

export type ServedRegistry = Running & { readonly memory: MemoryRegistry }

/** A registry in memory, on loopback, in plain http. */
export async function serveRegistry(personality: Partial<Personality> = {}): Promise<ServedRegistry> {
  const memory = new MemoryRegistry(personality)
  const main = await listen(memory.listener)
  const storage = personality.hasStorage ? await listen(memory.listener) : undefined
  memory.at(`http://${main.host}`, `http://${(storage ?? main).host}`)
  const close = async () => {
    await main.close()
    await storage?.close()
  }
  return { memory, host: main.host, close }
}
