// A registry that throws away what it gets, in a process of its own: the limit of what a client can send.
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  const { method, url = '' } = request
  request.resume()
  request.on('end', () => {
    if (method === 'POST') response.writeHead(202, { location: '/v2/sink/blobs/uploads/1?s=1' })
    else if (method === 'PATCH') response.writeHead(202, { location: url })
    else response.writeHead(method === 'PUT' ? 201 : 404)
    response.end()
  })
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object' && address) process.send?.(address.port)
})
