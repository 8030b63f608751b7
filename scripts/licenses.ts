// Writes docs/third-party.md: every package that is installed with flambe, with its licence, from the lock file.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

type Locked = {
  readonly version?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

const root = join(import.meta.dirname, '..')
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>
}
const installed = Object.entries(packages).filter(([path, { dev }]) => path !== '' && !dev)
const rows = installed.map(([path, { version, license = licenseOf(path) }]) => {
  const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
  return `| ${name} | ${version} | ${license} |`
})
const unique = [...new Set(rows)].sort()
const text = `# Third-party packages

What is installed with flambe, and its licences; made by \`npm run docs\` from the lock file. What our bundles hold of them has its licence texts in
\`dist/licenses.txt\` and, for what is in every image, \`dist/container/licenses.txt\`.

| package | version | licence |
| --- | --- | --- |
${unique.join('\n')}
`
writeFileSync(join(root, 'docs', 'third-party.md'), text)

/** As the package's own file says it, in the old form too. */
function licenseOf(path: string): string {
  const { license, licenses = [] } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as {
    readonly license?: string
    readonly licenses?: readonly { readonly type: string }[]
  }
  return license ?? (licenses.map(({ type }) => type).join(' OR ') || 'see the package')
}
