import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'

/**
 * A forward proxy: `CONNECT` tunnels and plain requests. `hosts` says where a name really is, so that a test can have
 * a registry of any name on loopback.
 */
export async function startProxy(hosts: { readonly [name: string]: string } = {}) {
  const asked: string[] = []
  const place = (target: string) => hosts[target] ?? hosts[target.replace(/:\d+$/, '')] ?? target
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const url = new URL(request.url ?? '')
    const [hostname, port = '80'] = place(url.host).split(':')
    const forwarded = httpRequest({
      hostname,
      port,
      method: request.method,
      path: url.pathname + url.search,
      headers: request.headers,
    })
    forwarded.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    forwarded.on('error', () => response.destroy())
    request.pipe(forwarded)
  })
  server.on('connect', (request, near) => {
    asked.push(`CONNECT ${request.url} ${request.headers['proxy-authorization'] ?? ''}`.trim())
    const [host, port] = place(request.url ?? '').split(':')
    const far = connect(Number(port), host, () => {
      near.write('HTTP/1.1 200 Connection established\r\n\r\n')
      near.pipe(far).pipe(near)
    })
    far.on('error', () => near.destroy())
    near.on('error', () => far.destroy())
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close }
}
