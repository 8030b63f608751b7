import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * A relay to `target` that delays every byte by half of `roundTrip` milliseconds, each way: a network that is far. It counts round trips by logical
 * time, so that the count does not depend on how fast anything is: what the client sends has the time of the latest answer that it got, an answer is one
 * later than what it answers, and a new connection takes one too.
 */
export async function startRelay(target: string, { roundTrip }: { roundTrip: number }) {
  const [host, port] = target.split(':')
  const sockets = new Set<Socket>()
  let latest = 0
  const server = createServer((near) => {
    const far = connect(Number(port), host)
    let sent = latest + 1
    const later = (work: () => void) => setTimeout(work, roundTrip / 2)
    near.on('data', (bytes) => {
      sent = Math.max(sent, latest)
      later(() => far.writable && far.write(bytes))
    })
    far.on('data', (bytes) => {
      const answered = sent + 1
      later(() => {
        latest = Math.max(latest, answered)
        if (near.writable) near.write(bytes)
      })
    })
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.setNoDelay(true)
      from.on('end', () => later(() => to.end()))
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
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close,
    roundTrips: () => latest,
    restart: () => {
      latest = 0
    },
  }
}
