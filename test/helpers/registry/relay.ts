import type { AddressInfo } from 'node:net'
import { createServer, type Socket } from 'node:net'

/** A relay to `target` that delays every byte by half of `roundTrip` milliseconds, each way: a network that is far. */
export async function startRelay(target: string, { roundTrip }: { roundTrip: number }) {
  const [host, port] = target.split(':')
  const { connect } = await import('node:net')
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), roundTrip / 2))
      from.on('end', () => setTimeout(() => to.end(), roundTrip / 2))
      from.on('error', () => to.destroy())
      from.on('close', () => {
        sockets.delete(from)
        to.destroySoon()
      })
    }
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  }
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
