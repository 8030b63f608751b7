import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readInputs } from '../../src/cli/index.ts'
import { folder } from '../helpers/folder.ts'

async function* chunks(...texts: (string | Uint8Array)[]) {
  for (const text of texts) yield typeof text === 'string' ? new TextEncoder().encode(text) : text
}

async function read(source: string, ...stdin: (string | Uint8Array)[]) {
  const { many, rows } = await readInputs(source, { stdin: chunks(...stdin) })
  const found: unknown[] = []
  for await (const row of rows) found.push('error' in row ? [row.line, row.error.code] : row.value)
  return { many, found }
}

describe('--input', () => {
  test.each([
    ['JSON text', '{"a":1}', [], { many: false, found: [{ a: 1 }] }],
    ['a number as JSON text', '4', [], { many: false, found: [4] }],
    ['one line of stdin', '-', ['{"a":1}\n'], { many: false, found: [{ a: 1 }] }],
    ['JSON over several lines', '-', ['{\n"a":\n1}\n\n'], { many: false, found: [{ a: 1 }] }],
    ['two rows', '-', ['{"a":1}\n{"a":2}'], { many: true, found: [{ a: 1 }, { a: 2 }] }],
    ['rows with blank lines and CRLF', '-', ['1\r\n\r\n2\r\n'], { many: true, found: [1, 2] }],
    ['rows cut anywhere', '-', ['{"a"', ':1}\n{"a":', '2}\n'], { many: true, found: [{ a: 1 }, { a: 2 }] }],
    ['a row that is not JSON', '-', ['1\noops\n3\n'], { many: true, found: [1, [2, 'INPUT_INVALID'], 3] }],
  ])('%s', async (_, source, stdin, expected) => {
    expect(await read(source, ...stdin)).toEqual(expected)
  })

  test('a file is read by its path', async () => {
    const directory = folder({ 'in.json': '[1, 2]' })
    expect(await read(join(directory, 'in.json'))).toEqual({ many: false, found: [[1, 2]] })
  })

  test.each([
    ['nothing', '-', ['']],
    ['a file that is not there', '/nowhere/in.json', []],
    ['text that is not JSON', '-', ['{"a":']],
    ['bytes that are not UTF-8', '-', [new Uint8Array([0x22, 0xff, 0x22])]],
  ])('%s is refused', async (_, source, stdin) => {
    await expect(read(source, ...stdin)).rejects.toMatchObject({ code: 'INPUT_INVALID' })
  })

  test('rows come out as they went in, however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { minLength: 2 }), fc.nat(7), async (values, cut) => {
        const bytes = new TextEncoder().encode(values.map((value) => JSON.stringify(value)).join('\n'))
        const pieces = Array.from({ length: Math.ceil(bytes.length / (cut + 1)) }, (_, index) =>
          bytes.subarray(index * (cut + 1), (index + 1) * (cut + 1)),
        )
        const expected = JSON.parse(JSON.stringify(values))
        expect(await read('-', ...pieces)).toEqual({ many: true, found: expected })
      }),
      { numRuns: 60 },
    )
  })
})
