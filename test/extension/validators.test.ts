import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { inputValidator, type Manifest, type OpenedArtifact } from '../../src/artifact/index.ts'
import { compileValidator, type JsonSchema } from '../../src/construct/index.ts'
import { compileValidators } from '../../src/extension/compile-validators.ts'
import { openSource } from '../../src/runtime/backend/open-source.ts'
import { folder } from '../helpers/folder.ts'
import { artifactOf } from '../helpers/served.ts'

const classOf = (input: JsonSchema) => ({ version: '0.0.0', source: '', predict: { input, output: true } })

/** An artifact of nothing but the checks that were made of the schemas. */
async function artifactWith(
  schemas: Readonly<Record<string, JsonSchema>>,
  cacheDirectory = folder(),
): Promise<OpenedArtifact> {
  const classes = Object.fromEntries(Object.entries(schemas).map(([name, input]) => [name, classOf(input)]))
  const text = await compileValidators(classes, { cacheDirectory })
  const directory = folder({ 'code/ext/validators.mjs': text ?? '' })
  const code = {
    ext: { entry: 'code/ext/index.js', location: './ext', validators: 'code/ext/validators.mjs' },
  }
  return { directory, node: '', files: new Map(), manifest: { code } as unknown as Manifest }
}

const list = {
  $ref: '#/$defs/list',
  $defs: { list: { properties: { next: { $ref: '#/$defs/list' } }, required: ['n'] } },
}
const kinds = ['cat', 'dog'].map((kind) => ({
  properties: { kind: { const: kind }, [kind]: { type: 'number' } },
  required: [kind],
}))

const cases: readonly (readonly [string, JsonSchema, readonly unknown[]])[] = [
  [
    'numbers',
    { items: { type: 'number', multipleOf: 0.5 }, minItems: 2 },
    [[1, 2.5], [1], ['a', 0.3], [1, Infinity]],
  ],
  ['length in code points', { type: 'string', minLength: 2, maxLength: 3 }, ['😀', '😀😀', '', 'abcd', 1]],
  ['a pattern with Unicode', { type: 'string', pattern: '^\\p{Lu}+$' }, ['ÄÖ', 'äö', '']],
  [
    'items that are unique',
    { uniqueItems: true },
    [
      [{ a: [1] }, { a: [2] }],
      [{ a: [1] }, { a: [1] }],
    ],
  ],
  ['values of a list', { enum: [1, 'b', { c: [null] }] }, [1, 'b', { c: [null] }, { c: [0] }, 'x']],
  [
    'keys',
    {
      propertyNames: { maxLength: 1 },
      patternProperties: { '^a': { const: 1 } },
      unevaluatedProperties: false,
    },
    [{ a: 1 }, { a: 2, bb: 1 }, {}],
  ],
  [
    'what refers to itself',
    list,
    [
      { n: 1, next: { n: 2 } },
      { n: 1, next: { next: {} } },
    ],
  ],
  [
    'one of several',
    { type: 'object', discriminator: { propertyName: 'kind' }, required: ['kind'], oneOf: kinds },
    [{ kind: 'cat', cat: 1 }, { kind: 'cat', cat: 'x' }, { kind: 'cow' }, {}],
  ],
  ['base64', { type: 'string', contentEncoding: 'base64' }, ['YWJj', 'YWI=', 'YWJ', 'a-_b', '', 5]],
  ['another encoding', { type: 'string', contentEncoding: 'quoted-printable' }, ['=3D', 'YWJ']],
  ['nothing at all', false, [1, null]],
  ...[
    'date-time',
    'date',
    'time',
    'email',
    'uri',
    'uuid',
    'ipv4',
    'ipv6',
    'regex',
    'hostname',
    'unheard-of',
  ].map(
    (format) =>
      [
        `format ${format}`,
        { type: 'string', format },
        [
          '2026-02-29T10:00:00Z',
          '2024-02-29T10:00:00Z',
          '2024-02-29',
          '10:00:00Z',
          'a@b.cd',
          'https://a/b',
          '::1',
          '1.2.3.4',
          '[',
          'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
        ],
      ] as const,
  ),
]

describe('checks of inputs that travel with an artifact', () => {
  test.each(cases)(
    'find in %s what those find that are compiled where it is served',
    async (_, schema, values) => {
      const [travelled, here] = await Promise.all([
        inputValidator(await artifactWith({ Engine: schema }), 'ext.Engine'),
        compileValidator(schema),
      ])
      for (const first of [false, true])
        for (const value of values) expect(travelled?.(value, { first })).toEqual(here(value, { first }))
    },
  )

  test('are those of each class; one that takes anything, and one that is not there, have none', async () => {
    const artifact = await artifactWith({ A: { type: 'string' }, B: { type: 'number' }, C: true })
    const [a, b] = await Promise.all([inputValidator(artifact, 'ext.A'), inputValidator(artifact, 'ext.B')])
    expect([a?.('x'), b?.(1)]).toEqual([[], []])
    expect([a?.(1).length, b?.('x').length]).toEqual([1, 1])
    for (const type of ['ext.C', 'ext.D', 'ext.toString', 'other.A', 'A'])
      expect(await inputValidator(artifact, type)).toBeUndefined()
    expect(await compileValidators({ C: classOf(true) }, { cacheDirectory: folder() })).toBeUndefined()
  })

  test('are there once for a class and its aliases', async () => {
    const entry = classOf({ type: 'string', pattern: '^only-once$' })
    const text = await compileValidators({ Engine: entry, Alias: entry }, { cacheDirectory: folder() })
    const alone = await compileValidators({ Engine: entry }, { cacheDirectory: folder() })
    expect(text?.match(/only-once/g)?.length).toBe(alone?.match(/only-once/g)?.length)
    const artifact = await artifactWith({ Engine: entry.predict.input, Alias: entry.predict.input })
    const alias = await inputValidator(artifact, 'ext.Alias')
    expect([alias?.('only-once').length, alias?.('twice').length]).toEqual([0, 1])
  })

  test('are what a server asks', async () => {
    const directory = await artifactOf('predict(input) { return input }', { input: { type: 'string' } })
    const manifest = JSON.parse(readFileSync(join(directory, 'flambe.json'), 'utf8'))
    manifest.code.ext.validators = 'code/ext/validators.js'
    writeFileSync(join(directory, 'flambe.json'), JSON.stringify(manifest))
    const misfit = { instancePath: '/x', keyword: 'type', message: 'is what this module says', params: {} }
    const check = `Object.assign(() => false, { errors: [${JSON.stringify(misfit)}] })`
    const text = `const check = ${check}\nexport const validators = { Engine: { all: check, first: check } }\n`
    writeFileSync(join(directory, 'code/ext/validators.js'), text)
    const { answerer } = await openSource({ directory, node: '' }, {})
    expect(() => answerer.check('fits the schema')).toThrow('is what this module says')
  })

  test('are kept, and made anew where what was kept is damaged', async () => {
    const cacheDirectory = folder()
    const make = () => compileValidators({ A: classOf({ type: 'string' }) }, { cacheDirectory })
    const text = await make()
    const [kept = ''] = readdirSync(join(cacheDirectory, 'validators'))
    expect(await make()).toBe(text)
    writeFileSync(join(cacheDirectory, 'validators', kept), (text ?? '').slice(0, 99))
    expect(await make()).toBe(text)
  })

  test('a schema that does not work is told when the artifact is built', async () => {
    const making = compileValidators({ Bad: classOf({ $ref: '#/$defs/gone' }) }, { cacheDirectory: folder() })
    await expect(making).rejects.toMatchObject({
      code: 'EXTENSION_INVALID',
      message: expect.stringMatching(/Bad takes .*gone/),
    })
  })
})
