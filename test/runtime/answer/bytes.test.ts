import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../../src/construct/index.ts'
import { answer, json, problem } from '../../helpers/answering.ts'

const bytes = (type: string): JsonSchema => ({
  type: 'string',
  contentEncoding: 'base64',
  'x-flambe-type': type,
})

describe('an input of bytes', () => {
  test.each(['application/octet-stream', 'image/png', 'audio/wav', 'application/pdf'])(
    'comes as %s',
    async (type) => {
      const length = (value: unknown) => ({
        length: (value as Uint8Array).length,
        first: (value as Uint8Array)[0],
      })
      const body = new Uint8Array([7, 0, 255])
      expect(await json({ input: bytes('Uint8Array'), type, body }, length)).toEqual({ length: 3, first: 7 })
    },
  )

  test.each([
    ['Uint8Array', Uint8Array],
    ['Buffer', Buffer],
    ['ArrayBuffer', ArrayBuffer],
  ])('is the %s that the component declares, raw or as base64 in JSON', async (name, type) => {
    const predict = (value: unknown) => [value instanceof type, Buffer.from(value as Uint8Array).toString()]
    const input = bytes(name)
    const raw = { input, type: 'application/octet-stream', body: 'abc' }
    expect(await json(raw, predict)).toEqual([true, 'abc'])
    expect(
      await json({ input, body: JSON.stringify(Buffer.from('abc').toString('base64')) }, predict),
    ).toEqual([true, 'abc'])
  })

  test('what is not base64 is a violation', async () => {
    expect(await problem({ input: bytes('Uint8Array'), body: '"not base64!"' })).toMatchObject({
      status: 422,
      violations: [{ pointer: '', message: 'is not base64' }],
    })
  })

  test('no bytes at all are bytes, too', async () => {
    const request = { input: bytes('Uint8Array'), type: 'application/octet-stream', body: '' }
    expect(await json(request, (value) => (value as Uint8Array).length)).toBe(0)
  })
})

describe('a form', () => {
  const input: JsonSchema = {
    type: 'object',
    properties: {
      image: bytes('Uint8Array'),
      masks: { type: 'array', items: bytes('Buffer'), minItems: 1 },
      size: { type: 'integer', minimum: 1 },
      weights: { type: 'array', items: { type: 'number' }, 'x-flambe-type': 'Float32Array' },
      label: { type: 'string' },
      tags: { type: 'array', items: { type: 'string' } },
    },
    required: ['image', 'size'],
    additionalProperties: false,
  }
  const send = async (parts: readonly (readonly [string, string | Blob])[]) => {
    const form = new FormData()
    for (const [name, value] of parts) {
      if (typeof value === 'string') form.append(name, value)
      else form.append(name, value, 'file.bin')
    }
    const response = new Response(form)
    return { input, type: response.headers.get('content-type') ?? '', body: await response.bytes() }
  }

  test('bytes, lists of them, JSON and text stand beside each other', async () => {
    const request = await send([
      ['image', new Blob([new Uint8Array([1, 2])])],
      ['masks', new Blob(['a'])],
      ['masks', new Blob(['bc'])],
      ['size', '3'],
      ['weights', '[0.5, 1]'],
      ['label', 'true'],
      ['tags', 'x'],
    ])
    const seen = await json(request, (value) => {
      const { image, masks, weights, ...rest } = value as Record<string, Uint8Array[] & Uint8Array>
      return {
        ...rest,
        image: [...(image ?? [])],
        masks: masks?.map((mask) => [Buffer.isBuffer(mask), String(mask)]),
        weights: weights instanceof Float32Array,
      }
    })
    expect(seen).toEqual({
      image: [1, 2],
      masks: [
        [true, 'a'],
        [true, 'bc'],
      ],
      size: 3,
      weights: true,
      label: 'true',
      tags: ['x'],
    })
  })

  test.each([
    ['a part of bytes is missing', [['size', '3']], 422, "must have required property 'image'"],
    [
      'a value that does not fit',
      [
        ['image', 'a'],
        ['size', '0'],
      ],
      422,
      '/size must be >= 1',
    ],
    [
      'a part that is not JSON',
      [
        ['image', 'a'],
        ['size', '{'],
      ],
      400,
      'part "size": the body is not JSON',
    ],
    [
      'a part too many',
      [
        ['image', 'a'],
        ['image', 'b'],
        ['size', '1'],
      ],
      400,
      'two parts of the name "image"',
    ],
    [
      'a part that nobody knows',
      [
        ['image', 'a'],
        ['size', '1'],
        ['x', '1'],
      ],
      422,
      'additional properties: "x"',
    ],
    [
      'a part that would set a prototype',
      [
        ['image', 'a'],
        ['size', '1'],
        ['__proto__', '{}'],
      ],
      422,
      '/__proto__',
    ],
  ] as const)('%s', async (_, parts, status, detail) => {
    const found = await problem(await send(parts))
    expect([found.status, found.detail]).toEqual([status, expect.stringContaining(detail)])
  })

  test('another boundary than the header says is refused', async () => {
    const { body } = await send([['size', '1']])
    const type = 'multipart/form-data; boundary=other'
    expect(await problem({ input, type, body })).toMatchObject({ status: 400, code: 'body-invalid' })
  })
})

describe('an output of bytes', () => {
  test('is the body, of the type that the schema names', async () => {
    const output = { ...(bytes('Uint8Array') as object), contentMediaType: 'image/png' } as JsonSchema
    const given = await answer({ output, body: '1' }, () => new Uint8Array([1, 2, 3]))
    expect(given).toMatchObject({ kind: 'value', contentType: 'image/png', body: new Uint8Array([1, 2, 3]) })
    const untyped = await answer({ body: '1' }, () => new ArrayBuffer(2))
    expect(untyped).toMatchObject({ contentType: 'application/octet-stream', body: new Uint8Array(2) })
  })

  test('is base64 inside of JSON', async () => {
    expect(await json({ body: '1' }, () => ({ image: Buffer.from('abc'), n: 1 }))).toEqual({
      image: 'YWJj',
      n: 1,
    })
  })
})
