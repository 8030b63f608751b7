import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatReference, parseReference } from '../../../src/image/index.ts'

const hex = 'a'.repeat(64)

describe('a reference is read by Docker’s rules', () => {
  test.each([
    ['node', { registry: 'docker.io', repository: 'library/node' }],
    ['me/app:v1', { registry: 'docker.io', repository: 'me/app', tag: 'v1' }],
    ['index.docker.io/me/app', { registry: 'docker.io', repository: 'me/app' }],
    ['registry-1.docker.io/node', { registry: 'docker.io', repository: 'library/node' }],
    ['docker.io/library/node:24', { registry: 'docker.io', repository: 'library/node', tag: '24' }],
    ['ghcr.io/me/app', { registry: 'ghcr.io', repository: 'me/app' }],
    ['GHCR.io/me/app', { registry: 'ghcr.io', repository: 'me/app' }],
    ['localhost/app', { registry: 'localhost', repository: 'app' }],
    ['localhost:5000/app:v1', { registry: 'localhost:5000', repository: 'app', tag: 'v1' }],
    ['127.0.0.1:5000/a/b/c', { registry: '127.0.0.1:5000', repository: 'a/b/c' }],
    ['[::1]:5000/app:v1', { registry: '[::1]:5000', repository: 'app', tag: 'v1' }],
    [
      'gcr.io/distroless/nodejs24-debian13:nonroot',
      { registry: 'gcr.io', repository: 'distroless/nodejs24-debian13', tag: 'nonroot' },
    ],
    [`a.b/c@sha256:${hex}`, { registry: 'a.b', repository: 'c', digest: `sha256:${hex}` }],
    [`a.b/c:v1@sha256:${hex}`, { registry: 'a.b', repository: 'c', tag: 'v1', digest: `sha256:${hex}` }],
    ['a.b/c__d/e---f', { registry: 'a.b', repository: 'c__d/e---f' }],
  ])('%s', (text, reference) => {
    expect(parseReference(text)).toEqual(reference)
  })
})

describe('the error says which part is wrong', () => {
  test.each([
    ['', 'it is empty'],
    ['https://ghcr.io/me/app', 'it starts with "https://"'],
    ['ghcr.io/', 'the repository is missing'],
    ['ghcr.io/Me/App:v1', 'the repository "Me/App" has capital letters'],
    ['ghcr.io/me//app', 'the repository "me//app"'],
    ['ghcr.io/me/app_', 'the repository "me/app_"'],
    ['ghcr.io/me/app:', 'the tag ""'],
    ['ghcr.io/me/app:-v', 'the tag "-v"'],
    [`ghcr.io/me/app:${'v'.repeat(129)}`, 'the tag "vvv'],
    ['ghcr.io/me/app@sha256:12', 'the digest "sha256:12"'],
    [`ghcr.io/me/app@md5:${hex}`, 'the digest "md5:'],
    [`ghcr.io/me/app@sha256:${hex}@x`, 'more than one "@"'],
    ['-a.b/c', 'the registry "-a.b"'],
    ['a.b:port/c', 'the registry "a.b:port"'],
    ['a.b:70000/c', 'the port 70000'],
    [`a.b/${'c'.repeat(253)}`, 'more than 255 characters'],
    ['me/app v1', 'the repository "me/app v1"'],
  ])('%s: %s', (text, problem) => {
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', message: expect.stringContaining(problem) }),
    )
  })

  test('and what to write for capital letters and for a URL', () => {
    expect(() => parseReference('Me/App')).toThrow(expect.objectContaining({ hint: 'write "me/app"' }))
    expect(() => parseReference('https://a.b/c')).toThrow(expect.objectContaining({ hint: 'write a.b/c' }))
  })
})

test('what is formatted is read as the same reference', () => {
  const part = fc.stringMatching(/^[a-z0-9]+((\.|_|__|-)[a-z0-9]+)?$/)
  const reference = fc
    .record(
      {
        registry: fc.constantFrom('docker.io', 'ghcr.io', 'localhost:5000', '[::1]:80', 'a-b.c:65535'),
        path: fc.array(part, { minLength: 2, maxLength: 4 }),
        tag: fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/),
        digest: fc.stringMatching(/^[0-9a-f]{64}$/).map((one) => `sha256:${one}`),
      },
      { requiredKeys: ['registry', 'path'] },
    )
    .map(({ path, ...rest }) => ({ ...rest, repository: path.join('/') }))
    .filter(({ repository }) => repository.length < 200)
  fc.assert(
    fc.property(reference, (one) => {
      expect(parseReference(formatReference(one))).toEqual(one)
    }),
  )
})

test('any text is a reference or a REFERENCE_INVALID, never another error', () => {
  const any = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'aB0./:@-_[]') }))
  fc.assert(
    fc.property(any, (text) => {
      try {
        const again = parseReference(formatReference(parseReference(text)))
        expect(again).toEqual(parseReference(text))
      } catch (error) {
        expect(error).toMatchObject({ code: 'REFERENCE_INVALID' })
      }
    }),
    { numRuns: 2000 },
  )
})
