import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { askUrl } from '../../src/artifact/index.ts'

test('a body that waits to be read when the server closes the connection comes whole', async () => {
  const sent = Buffer.alloc(64 * 1024, 'a')
  let closed = false
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${sent.length}\r\nConnection: close\r\n\r\n`)
      socket.end(sent, () => {
        closed = true
      })
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const answer = await askUrl(`http://127.0.0.1:${(server.address() as AddressInfo).port}/engine.tar.gz`)
  while (!closed) await turn()
  for (let n = 0; n < 100; n++) await turn()
  expect((await buffer(answer)).equals(sent)).toBe(true)
})
