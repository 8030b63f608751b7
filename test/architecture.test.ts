import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const files = globSync('src/**/*.ts', { cwd: root }).sort()

/** Each room, and the rooms whose `index.ts` it may import. Files beside the rooms are open to all. */
const mayImport: Record<string, readonly string[]> = {
  files: [],
  scaffold: ['files'],
  spec: ['files', 'construct'],
  construct: ['files'],
  artifact: ['files', 'construct'],
  component: ['files', 'construct', 'artifact'],
  types: ['files', 'construct'],
  extension: ['files', 'construct', 'artifact', 'component', 'types'],
  compile: ['files', 'construct', 'artifact', 'component', 'spec', 'types', 'extension'],
  storage: ['files', 'construct', 'artifact', 'component'],
  image: ['files', 'construct', 'artifact', 'component'],
  runtime: ['files', 'construct', 'artifact', 'component'],
  // Runs in a browser: it shares no code with what serves it.
  playground: [],
  builders: [
    'files',
    'construct',
    'artifact',
    'component',
    'spec',
    'types',
    'extension',
    'compile',
    'storage',
    'image',
    'runtime',
  ],
  cli: [
    'files',
    'construct',
    'artifact',
    'component',
    'spec',
    'types',
    'extension',
    'compile',
    'storage',
    'image',
    'runtime',
    'builders',
    'scaffold',
  ],
  commands: [
    'files',
    'construct',
    'artifact',
    'component',
    'spec',
    'types',
    'extension',
    'compile',
    'storage',
    'image',
    'runtime',
    'builders',
    'scaffold',
    'cli',
  ],
}

const openToAll = ['src/errors.ts', 'src/progress.ts', 'src/suggest.ts', 'src/version.ts']

/** Each heavy or special package, and the one place that may import it. */
const homes: Record<string, RegExp> = {
  yaml: /^src\/spec\//,
  esbuild: /^src\/extension\//,
  typescript: /^src\/types\//,
  '@vercel/nft': /^src\/extension\//,
  'oxc-parser': /^src\/types\//,
  'oxc-transform': /^src\/types\//,
  '@aws-sdk/client-s3': /^src\/storage\//,
  '@smithy/core': /^src\/storage\//,
  dockerode: /^src\/image\/engine\//,
  '@balena/dockerignore': /^src\/image\/engine\//,
  'tar-fs': /^src\/image\//,
  'tar-stream': /^src\/(image|files)\//,
  execa: /^src\/(extension|image)\//,
  ajv: /^src\/construct\//,
  pino: /^src\/runtime\//,
  'prom-client': /^src\/runtime\//,
  '@inquirer/select': /^src\/commands\//,
  '@oclif/core': /^src\/(cli|commands)\//,
}

/** Only on first use: `--help` must not pay for them. */
const lazy = [
  'esbuild',
  'typescript',
  '@vercel/nft',
  'oxc-parser',
  'oxc-transform',
  '@aws-sdk/client-s3',
  'dockerode',
  'execa',
  '@inquirer/select',
]

/** What a container never needs. */
const buildOnly = [
  'yaml',
  'oclif',
  'dockerode',
  'typescript',
  'esbuild',
  '@vercel/nft',
  'execa',
  'src/image',
  'src/spec',
]

type Import = {
  readonly from: string
  readonly to: string
  readonly dynamic: boolean
  readonly typeOnly: boolean
}

const imports = files.flatMap(importsOf)

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(root, file), 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  )
  const found: Import[] = []
  const add = (specifier: string, options: { dynamic: boolean; typeOnly: boolean }) => {
    const to = specifier.startsWith('.') ? relative(root, resolve(root, dirname(file), specifier)) : specifier
    found.push({ from: file, to, ...options })
  }
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      add((node.moduleSpecifier as ts.StringLiteral).text, { dynamic: false, typeOnly: isTypeOnly(node) })
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments
      if (argument && ts.isStringLiteral(argument)) add(argument.text, { dynamic: true, typeOnly: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) {
    if (node.isTypeOnly) return true
    const { exportClause } = node
    return (
      exportClause !== undefined &&
      ts.isNamedExports(exportClause) &&
      exportClause.elements.every((one) => one.isTypeOnly)
    )
  }
  const clause = node.importClause
  if (!clause) return false
  if (clause.isTypeOnly) return true
  const bindings = clause.namedBindings
  return (
    !clause.name &&
    bindings !== undefined &&
    ts.isNamedImports(bindings) &&
    bindings.elements.every((one) => one.isTypeOnly)
  )
}

const room = (file: string) => file.split('/')[1] ?? ''
const isRoom = (name: string) => name in mayImport
const packageName = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

describe('the house', () => {
  test('rooms import only rooms to their left, and only through index.ts', () => {
    const wrong = imports.filter(({ from, to }) => {
      if (!to.startsWith('src/') || !isRoom(room(from)) || room(from) === room(to)) return false
      if (openToAll.includes(to)) return false
      return !mayImport[room(from)]?.includes(room(to)) || to.split('/').at(-1) !== 'index.ts'
    })
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([])
  })

  test('no import cycle anywhere', () => {
    const edges = new Map<string, string[]>()
    for (const { from, to, typeOnly } of imports) {
      if (to.startsWith('src/') && !typeOnly) edges.set(from, [...(edges.get(from) ?? []), to])
    }
    expect(findCycle(edges)).toEqual([])
  })

  test('every special package has one home', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const home = homes[packageName(to)]
      return home !== undefined && !typeOnly && !home.test(from)
    })
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([])
  })

  test('heavy packages are imported on first use', () => {
    const wrong = imports.filter(
      ({ to, dynamic, typeOnly }) => lazy.includes(packageName(to)) && !dynamic && !typeOnly,
    )
    expect(wrong.map(({ from, to }) => `${from} -> ${to}`)).toEqual([])
  })

  test.each([
    ['src/runtime/index.ts', [...buildOnly, '@aws-sdk']],
    // A component may load another artifact, from S3 too.
    ['src/user-api.ts', buildOnly],
  ])('%s reaches nothing that builds', (start, forbidden) => {
    const reached = [...reach(start)].filter((one) => forbidden.some((name) => one.includes(name)))
    expect(reached).toEqual([])
  })

  test('no file is over 250 lines, and nine in ten are under 140', () => {
    const sizes = files.map((file) => ({
      file,
      lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1,
    }))
    expect(sizes.filter(({ lines }) => lines > 250)).toEqual([])
    const p90 = sizes.map(({ lines }) => lines).sort((a, b) => a - b)[Math.floor(sizes.length * 0.9)]
    expect(p90).toBeLessThanOrEqual(140)
  })

  test('only cli/ and commands/ print, only the rims read the environment', () => {
    const rules: [RegExp, RegExp][] = [
      [/\bconsole\.|process\.(stdout|stderr)\b/, /^src\/(cli|commands)\/|^src\/runtime\/(main|health)\.ts$/],
      [
        /process\.(env|cwd|argv)\b/,
        /^src\/(cli|commands)\/|^src\/runtime\/(main|health)\.ts$|^src\/files\/cache-directory\.ts$/,
      ],
    ]
    const wrong = files.flatMap((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      return rules
        .filter(([what, where]) => what.test(text) && !where.test(file))
        .map(([what]) => `${file}: ${what}`)
    })
    expect(wrong).toEqual([])
  })

  test('no any, no enum, no default export but oclif commands', () => {
    const wrong = files.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')
      return (
        /\bas any\b|: any\b|<any>|@ts-(ignore|expect-error)|^\s*(export )?(const )?enum /m.test(text) ||
        (/export default/.test(text) && !file.startsWith('src/commands/'))
      )
    })
    expect(wrong).toEqual([])
  })
})

function reach(start: string): Set<string> {
  const seen = new Set<string>()
  const queue = [start]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    for (const { from, to, typeOnly } of imports) if (from === file && !typeOnly) queue.push(to)
  }
  return seen
}

function findCycle(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return []
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle.length > 0) return cycle
    }
    done.add(file)
    return []
  }
  for (const file of edges.keys()) {
    const cycle = visit(file, [])
    if (cycle.length > 0) return cycle
  }
  return []
}
