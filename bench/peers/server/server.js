// A bare node:http server that parses, computes and serialises what the component Trivial does: node server.js PORT [worker]
import { createServer } from 'node:http'
import { Worker } from 'node:worker_threads'

const server = createServer((request, response) => {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => {
    const { features } = JSON.parse(Buffer.concat(chunks).toString())
    let sum = 0
    for (const feature of features) sum += feature
    const body = JSON.stringify({ sum, mean: sum / features.length })
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
if (process.argv[3] === 'worker') new Worker('setInterval(() => {}, 1000)', { eval: true })
server.listen(Number(process.argv[2]), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
