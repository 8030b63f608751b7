import type { Body } from './body.ts'

export type CurlOptions = {
  readonly url: string
  readonly accept: string
  /** The line names a variable instead of the token itself: it will be pasted elsewhere. */
  readonly hasToken: boolean
}

/** The same request as a line for a shell. */
export function curlOf(body: Body, { url, accept, hasToken }: CurlOptions): string {
  const isStream = accept === 'text/event-stream'
  return [
    `curl ${isStream ? '-sSN' : '-sS'} ${quoted(url)}`,
    ...(hasToken ? ['-H "authorization: Bearer $FLAMBE_TOKEN"'] : []),
    ...(accept === '*/*' ? [] : [`-H ${quoted(`accept: ${accept}`)}`]),
    ...contentOf(body),
  ].join(' \\\n  ')
}

function contentOf(body: Body): readonly string[] {
  if (body.kind === 'json') return ["-H 'content-type: application/json'", `-d ${quoted(compact(body.text))}`]
  if (body.kind === 'bytes') {
    const type = body.blob.type || 'application/octet-stream'
    return [`-H ${quoted(`content-type: ${type}`)}`, `--data-binary ${quoted(`@${nameOf(body.blob)}`)}`]
  }
  return body.parts.map(([name, part]) =>
    part instanceof Blob
      ? `-F ${quoted(`${name}=@${nameOf(part)}${part.type && `;type=${part.type}`}`)}`
      : `--form-string ${quoted(`${name}=${part}`)}`,
  )
}

function nameOf(blob: Blob): string {
  return blob instanceof File ? blob.name : 'FILE'
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text
  }
}

/** For a POSIX shell: inside single quotes only they themselves mean anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
