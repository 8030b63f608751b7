#!/usr/bin/env node
import module from 'node:module'

const needed = [22, 15]
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  process.stderr.write(
    `flambe needs Node ${needed.join('.')} or newer, and this is Node ${process.versions.node}.\n`,
  )
  process.exit(2)
}
// Until a command cleans up after itself there is nothing to clean up.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130))
// It is checked above. oclif loads forty modules to do it again.
process.env.OCLIF_DISABLE_ENGINE_WARNING = 'true'
module.enableCompileCache?.()
const { main } = await import('../dist/cli/main.js')
await main(process.argv.slice(2))
