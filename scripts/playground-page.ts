import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

const source = resolve(import.meta.dirname, '..', 'src', 'playground')

/** The playground as one file: its style and its script stand in the page, so that it needs no other route. */
export async function playgroundPage(): Promise<string> {
  const [page, style, script] = await Promise.all([
    readFile(join(source, 'page.html'), 'utf8'),
    bundled('page.css'),
    bundled('main.ts'),
  ])
  // Functions: `$&` in a text that is inserted means nothing then.
  return page.replace('/* page.css */', () => style).replace('/* main.ts */', () => script)
}

async function bundled(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(source, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome123', 'firefox128', 'safari17.5'],
    charset: 'utf8',
    legalComments: 'none',
  })
  return (outputFiles[0]?.text ?? '').replaceAll('</script', '<\\/script').trim()
}
