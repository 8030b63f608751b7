import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { resolveSettings, type Setting, settings } from '../../src/runtime/index.ts'
import { problems } from '../../src/runtime/problems.ts'
import { createMetrics } from '../../src/runtime/telemetry/metrics.ts'
import { docTable } from '../helpers/doc-tables.ts'

test('docs/08-serving.md lists the settings as the table has them', () => {
  const rows = Object.entries<Setting>(settings).map(([name, setting]) => [
    `\`${name}\``,
    defaultOf(setting),
    setting.kind.accepts,
    [setting.description, ...more(name, setting)].join(' '),
  ])
  expect(docTable('08-serving.md', 'settings')).toEqual(rows)
})

function defaultOf({ default: standard, defaultWhere = [] }: Setting): string {
  const elsewhere = defaultWhere.map(
    ({ variable, default: value }) => `${value} where \`${variable}\` is set`,
  )
  return [standard || 'none', ...elsewhere].join(', ')
}

function more(name: string, { variables, secret }: Setting): string[] {
  if (secret) return [`Only by \`FLAMBE_${name.toUpperCase()}\`.`]
  return variables ? [`Also by ${variables.map((one) => `\`${one}\``).join(', ')}.`] : []
}

test('docs/08-serving.md lists the problems that a caller can meet', () => {
  const rows = Object.entries(problems)
    .filter(([code]) => code !== 'cancelled')
    .map(([code, { status, title }]) => [String(status), `\`${code}\``, title])
  expect(docTable('08-serving.md', 'problems')).toEqual(rows)
})

test('docs/08-serving.md lists the metrics', async () => {
  const { expose } = await createMetrics({ name: 'x', version: '1', queued: () => 0 })
  const { body } = await expose()
  const rows = [...body.matchAll(/^# HELP (flambe_\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
    ([, name, help, type]) => [`\`${name}\``, type, help],
  )
  expect(docTable('08-serving.md', 'metrics').toSorted()).toEqual(rows.toSorted())
})

test('the Kubernetes manifest in docs/08-serving.md parses, and probes what there is', () => {
  const text = readFileSync(new URL('../../docs/08-serving.md', import.meta.url), 'utf8')
  const [, manifest = ''] = /```yaml\n(apiVersion[\s\S]*?)```/.exec(text) ?? []
  const { spec } = parse(manifest).spec.template
  const [{ startupProbe, readinessProbe, livenessProbe }] = spec.containers
  const paths = [startupProbe, readinessProbe, livenessProbe].map(({ httpGet }) => httpGet.path)
  expect(paths).toEqual(['/readyz', '/readyz', '/livez'])
  const { shutdownTimeout } = resolveSettings({ environment: { KUBERNETES_SERVICE_HOST: 'x' } })
  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(shutdownTimeout)
})
