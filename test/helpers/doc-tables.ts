import { readFileSync } from 'node:fs'

/** The rows of the table after `<!-- name -->` in a page of the documentation, each as its cells. */
export function docTable(page: string, name: string): string[][] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const [, table = ''] = new RegExp(`<!-- ${name} -->\\n\\n((?:\\|.*\\n)+)`).exec(text) ?? []
  const [, , ...rows] = table.trim().split('\n')
  return rows.map((row) => row.slice(2, -2).split(/(?<!\\) \| /))
}

/** The keys of --json that docs/commands.md lists for a command. */
export function documentedKeys(command: string): string[] {
  const page = readFileSync(new URL('../../docs/commands.md', import.meta.url), 'utf8')
  const row = page.split('\n').find((line) => line.startsWith(`| ${command} |`)) ?? ''
  return [...(row.split('|')[2] ?? '').matchAll(/`(\w+)`/g)].map(([, key = '']) => key)
}
