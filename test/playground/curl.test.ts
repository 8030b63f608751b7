import { execFileSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { curlOf } from '../../src/playground/curl.ts'

const options = { url: 'http://localhost:8080/predict', accept: '*/*', hasToken: false }

/** The arguments that a shell makes of a line. */
function argumentsOf(line: string): readonly string[] {
  const script = `curl() { printf '%s\\0' "$@"; }; ${line}`
  return execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1)
}

describe('the curl line', () => {
  test.each([
    [`{"text":"it's $HOME \`id\` \\\\ \\"quoted\\""}`],
    ['{"text":"two\\nlines and é"}'],
    ['no JSON at all\n'],
  ])('gives a shell exactly the body %j', (text) => {
    const argv = argumentsOf(curlOf({ kind: 'json', text }, options))
    expect(argv).toEqual(['-sS', options.url, '-H', 'content-type: application/json', '-d', text])
  })

  test('is one request on one line of JSON', () => {
    const argv = argumentsOf(curlOf({ kind: 'json', text: '{\n  "x": 1\n}' }, options))
    expect(argv.at(-1)).toBe('{"x":1}')
  })

  test('does not wait for the end of a stream, and names a variable for the token', () => {
    const line = curlOf(
      { kind: 'json', text: '1' },
      { ...options, accept: 'text/event-stream', hasToken: true },
    )
    expect(line).toContain('-sSN')
    expect(line).toContain('-H "authorization: Bearer $FLAMBE_TOKEN"')
    expect(argumentsOf(line)).toContain('accept: text/event-stream')
  })

  test('sends files by name, and texts as they are', () => {
    const file = new File(['x'], 'a b.png', { type: 'image/png' })
    expect(argumentsOf(curlOf({ kind: 'bytes', blob: file }, options)).slice(2)).toEqual([
      '-H',
      'content-type: image/png',
      '--data-binary',
      '@a b.png',
    ])
    const parts = [
      ['image', file],
      ['note', '@home; type=x'],
    ] as const
    expect(argumentsOf(curlOf({ kind: 'form', parts }, options)).slice(2)).toEqual([
      '-F',
      'image=@a b.png;type=image/png',
      '--form-string',
      'note=@home; type=x',
    ])
  })
})
