// A bare node:http server whose worker thread parses, computes and serialises, one message a request and one an answer: node with-worker.js PORT
import { createServer } from 'node:http'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

if (isMainThread) serve(Number(process.argv[2]))
else parentPort.on('message', ([n, text]) => parentPort.postMessage([n, answer(text)]))

function serve(port) {
  const worker = new Worker(new URL(import.meta.url))
  const waiting = new Map()
  let last = 0
  worker.on('message', ([n, body]) => {
    const response = waiting.get(n)
    waiting.delete(n)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
  const server = createServer((request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      waiting.set(++last, response)
      worker.postMessage([last, Buffer.concat(chunks).toString()])
    })
  })
  server.listen(port, '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))
}

function answer(text) {
  const { features } = JSON.parse(text)
  let sum = 0
  for (const feature of features) sum += feature
  return JSON.stringify({ sum, mean: sum / features.length })
}
