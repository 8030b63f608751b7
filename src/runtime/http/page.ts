import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** The playground, ready to be answered at `/`. */
export type Page = { readonly body: Uint8Array; readonly headers: () => Headers }

type Headers = Readonly<Record<string, string>>

/**
 * Reads the page that the build made of `src/playground`: one file, its script and style inside. Its policy lets exactly
 * those run, lets it talk to this server alone, and lets no other page frame it.
 */
export async function readPage(file: string): Promise<Page> {
  const body = await readFile(file)
  let headers: Headers | undefined
  return {
    body,
    headers: () => {
      headers ??= headersOf(body.toString())
      return headers
    },
  }
}

function headersOf(text: string): Headers {
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf('script', text)}`,
    `style-src ${hashOf('style', text)}`,
    "connect-src 'self'",
    'img-src data: blob:',
    'media-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy.join('; '),
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  }
}

/** https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function hashOf(tag: 'script' | 'style', page: string): string {
  const [, content = ''] = new RegExp(`<${tag}[^>]*>([\\s\\S]*?)</${tag}>`).exec(page) ?? []
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`
}
