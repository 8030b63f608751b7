import type { Json } from '../../construct/index.ts'
import type { Resource } from './message.ts'
import type { Page } from './page.ts'

/** `/openapi.json`, of the component that is served at the moment. */
export function openapi(describe: () => Json): Resource {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache' }
  return {
    route: '/openapi.json',
    methods: { GET: () => ({ status: 200, headers, body: JSON.stringify(describe()) }) },
  }
}

/** `/`. It needs no token, holds no secret, and asks for the token that what it calls may need. */
export function playground({ body, headers }: Page): Resource {
  return { route: '/', open: true, methods: { GET: () => ({ status: 200, headers: headers(), body }) } }
}
