// What runs in a container: serves the artifact at FLAMBE_ARTIFACT.
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { loadArtifact, openArtifact } from '../artifact/index.ts'
import { resolveSettings } from './resolve-settings.ts'

const { env } = process
const artifact = await openArtifact(env['FLAMBE_ARTIFACT'] ?? '/app')
const { port, host } = resolveSettings({
  environment: env,
  spec: artifact.manifest.serve,
  defaults: { host: '0.0.0.0' },
})
const component = await loadArtifact(artifact, { verify: false, setup: true })
const signal = new AbortController().signal
const server = createServer(async (request, response) => {
  if (request.url !== '/predict') return void response.end()
  const answer = await component.predict?.(await json(request), { signal, id: '', log: () => {} })
  response.end(JSON.stringify(answer))
})
server.listen(port, host)
process.on('SIGTERM', () => server.close())
