import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A connection on which any bytes can be sent, proper HTTP or not. */
export type RawConnection = {
  readonly socket: Socket
  /** What came until now. */
  readonly received: () => string
  /** Waits until what came fits. */
  readonly until: (fits: RegExp) => Promise<string>
  /** Waits until the server has closed it; gives all that came. */
  readonly closed: () => Promise<string>
}

export async function openRaw(port: number, ...send: (string | Uint8Array)[]): Promise<RawConnection> {
  const socket = connect({ port, host: '127.0.0.1' })
  await once(socket, 'connect')
  let text = ''
  let isClosed = false
  const { promise: closing, resolve: close } = Promise.withResolvers<void>()
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    close()
  })
  for (const part of send) socket.write(part)
  return {
    socket,
    received: () => text,
    until: async (fits) => {
      while (!fits.test(text)) {
        if (isClosed) throw new Error(`closed after ${JSON.stringify(text)}`)
        await sleep(5)
      }
      return text
    },
    closed: async () => {
      await closing
      return text
    },
  }
}

/** The head of a POST of JSON. */
export function head(headers: Readonly<Record<string, string | number>> = {}): string {
  const lines = Object.entries({ host: 'test', 'content-type': 'application/json', ...headers })
  return `POST /predict HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
