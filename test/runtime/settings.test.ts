import { describe, expect, test } from 'vitest'
import { compileValidator } from '../../src/construct/index.ts'
import { FlambeError } from '../../src/errors.ts'
import {
  flagOf,
  resolveSettings,
  type ServeSettings,
  type SettingSources,
  serveSchema,
  settings,
  variablesOf,
} from '../../src/runtime/index.ts'

describe('which source counts', () => {
  test.each<[keyof ServeSettings, unknown, SettingSources]>([
    ['port', 8080, {}],
    ['port', 1, { spec: { port: 1 } }],
    ['port', 2, { spec: { port: 1 }, environment: { PORT: '2' } }],
    ['port', 3, { environment: { PORT: '2', AIP_HTTP_PORT: '3' } }],
    ['port', 4, { environment: { PORT: '2', AIP_HTTP_PORT: '3', SAGEMAKER_BIND_TO_PORT: '4' } }],
    ['port', 5, { environment: { SAGEMAKER_BIND_TO_PORT: '4', FLAMBE_PORT: '5' } }],
    ['port', 6, { environment: { FLAMBE_PORT: '5' }, flags: { port: '6' } }],
    ['port', 2, { environment: { FLAMBE_PORT: '', PORT: '2' } }],
    ['host', '0.0.0.0', { defaults: { host: '0.0.0.0' } }],
    ['host', '::1', { defaults: { host: '0.0.0.0' }, spec: { host: '::1' } }],
    ['shutdownTimeout', 25_000, {}],
    ['shutdownTimeout', 8000, { environment: { K_SERVICE: 'x', KUBERNETES_SERVICE_HOST: 'x' } }],
    ['shutdownTimeout', 9000, { environment: { K_SERVICE: 'x', FLAMBE_SHUTDOWN_TIMEOUT: '9' } }],
    ['drainDelay', 5000, { environment: { KUBERNETES_SERVICE_HOST: 'x' } }],
    ['token', undefined, {}],
  ])('%s is %j with %j', (name, value, sources) => {
    expect(resolveSettings(sources)[name]).toEqual(value)
  })
})

describe('how values are written', () => {
  test.each<[keyof ServeSettings, string | number | boolean | string[], unknown]>([
    ['timeout', '500ms', 500],
    ['timeout', '1.5s', 1500],
    ['timeout', '2 m', 120_000],
    ['timeout', '30', 30_000],
    ['timeout', 30, 30_000],
    ['bodyLimit', '1MiB', 1_048_576],
    ['bodyLimit', '1.5MB', 1_500_000],
    ['bodyLimit', 100, 100],
    ['playground', false, false],
    ['playground', 'off', false],
    [
      'corsOrigins',
      'https://a.example, https://b.example:8443',
      ['https://a.example', 'https://b.example:8443'],
    ],
    ['corsOrigins', ['*'], ['*']],
  ])('%s %j becomes %j', (name, given, value) => {
    expect(resolveSettings({ spec: { [name]: given } })[name]).toEqual(value)
  })

  test.each<[keyof ServeSettings, string | number | boolean | null | string[]]>([
    ['port', '80a'],
    ['port', 70_000],
    ['port', '-1'],
    ['port', 1.5],
    ['workers', ''],
    ['timeout', '0'],
    ['timeout', '5 days'],
    ['timeout', null],
    ['bodyLimit', '1 mb'],
    ['playground', 'maybe'],
    ['corsOrigins', ['example.com']],
    ['logLevel', 'loud'],
    ['host', 'a b'],
  ])('%s does not take %j', (name, given) => {
    expect(() => resolveSettings({ spec: { [name]: given } })).toThrow(FlambeError)
  })
})

test('all problems come at once, each with its place and without the token', () => {
  const sources = {
    flags: { port: 'x' },
    environment: { FLAMBE_TIMEOUT: 'soon', FLAMBE_TOKEN: 'short' },
    spec: { worker: 1, token: 'in a spec' },
  }
  try {
    resolveSettings(sources)
    expect.unreachable()
  } catch (error) {
    const { problems, code } = error as FlambeError
    expect(code).toBe('SETTINGS_INVALID')
    expect(problems.map(({ message }) => message)).toEqual([
      'serve.worker of the spec is no setting',
      'serve.token of the spec is no setting',
      'port takes a whole number from 0 to 65535, and --port is "x"',
      'timeout takes a time from 1ms to 24h, and FLAMBE_TIMEOUT is "soon"',
      'token takes eight or more visible ASCII characters, and FLAMBE_TOKEN is not',
    ])
  }
})

test('names of flags and variables come from the name of the setting', () => {
  expect([flagOf('maxBatchSize'), variablesOf('maxBatchSize', settings.maxBatchSize)]).toEqual([
    'max-batch-size',
    ['FLAMBE_MAX_BATCH_SIZE'],
  ])
})

test('the schema of the serve section takes what can be resolved', async () => {
  const check = await compileValidator(serveSchema())
  expect(check({ port: 80, timeout: '5s', bodyLimit: 100, corsOrigins: ['*'] })).toEqual([])
  expect(check({ token: 'secret12', timeout: 'soon' }).map(({ pointer }) => pointer)).toEqual([
    '',
    '/timeout',
  ])
})
