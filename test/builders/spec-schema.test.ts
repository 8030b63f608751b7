import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { flambe } from '../helpers/cli.ts'
import { exampleCopy, folder } from '../helpers/folder.ts'

/** The documents of a spec as an editor sees them: a tagged mapping is a mapping. */
const documents = (text: string): unknown[] =>
  parseAllDocuments(text, { logLevel: 'silent' }).map((document) => document.toJS())

async function validatorOf(spec: string) {
  const { status, stdout, stderr } = await flambe(['schema', spec, '-q'])
  expect([status, stderr]).toEqual([0, ''])
  const schema = JSON.parse(stdout)
  return { schema, isValid: new Ajv({ strict: false, validateFormats: false }).compile(schema) }
}

test('the schema of an example takes its spec, and refuses what the spec may not say', async () => {
  const spec = join(exampleCopy('breast-cancer'), 'spec.yaml')
  const text = readFileSync(spec, 'utf8')
  const { schema, isValid } = await validatorOf(spec)
  for (const document of documents(text)) expect(isValid(document), JSON.stringify(isValid.errors)).toBe(true)
  const broken = [
    text.replace('storage: local', 'storage: gcs'),
    text.replace('destination:', 'destinatoin:'),
    text.replace('  model:', '  modle:'),
    text.replace('    path: ./model', '    path: 7'),
  ]
  for (const one of broken)
    expect(
      documents(one).every((document) => isValid(document)),
      one,
    ).toBe(false)
  expect(Object.keys(schema.definitions)).toEqual(
    expect.arrayContaining([
      'Builder',
      'DockerBuilder',
      'ext.ClassifierEngine',
      'ext.BinaryClassifier.load_from_path',
    ]),
  )
})

test('a component where a class is wanted may be any that extends it, a link, or nothing where all has defaults', async () => {
  const model = `import { Component } from 'flambe'
/** A base. */
export abstract class Model extends Component {}
export class Small extends Model { constructor(_: { size?: number }) { super() } predict() { return 1 } }
export class Other extends Component { constructor(_: { other: string }) { super() } predict() { return 1 } }
type Point = { x: number; next?: Point }
export class Engine extends Component {
  constructor(_: { model: Model; point?: Point }) { super() }
  predict() { return 1 }
}
`
  const spec = (component: string) =>
    `ext: ./ext\n---\n!Builder\ndestination: out\ncomponent: !ext.Engine\n${component}`
  const cwd = folder({ 'ext/index.ts': model, 'spec.yaml': spec('  model: !ext.Small {}') })
  const { isValid } = await validatorOf(join(cwd, 'spec.yaml'))
  const takes = (component: string) => documents(spec(component)).every((document) => isValid(document))
  expect(takes('  model: !ext.Small {size: 3}')).toBe(true)
  expect(takes('  model: !ext.Small')).toBe(true)
  expect(takes('  model: !@ other')).toBe(true)
  expect(takes('  model: !ext.Small\n  point: {x: 1, next: {x: 2}}')).toBe(true)
  expect(takes('  model: !ext.Other {other: a}')).toBe(false)
  expect(takes('  model: !ext.Small\n  point: {x: 1, next: {x: a}}')).toBe(false)
})
