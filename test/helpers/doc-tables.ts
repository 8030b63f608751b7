import { readFileSync } from 'node:fs'

/** The rows of the table after `<!-- name -->` in a page of the documentation, each as its cells. */
export function docTable(page: string, name: string): string[][] {
  const text = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8')
  const [, table = ''] = new RegExp(`<!-- ${name} -->\\n\\n((?:\\|.*\\n)+)`).exec(text) ?? []
  const [, , ...rows] = table.trim().split('\n')
  return rows.map((row) => row.slice(2, -2).split(/(?<!\\) \| /))
}
