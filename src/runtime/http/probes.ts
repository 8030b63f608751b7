import type { State } from '../exchange.ts'
import type { Resource, ServeResponse } from './message.ts'

/** `/livez`: while this can be said, the process is sound, whatever its component does. */
export function livez(): Resource {
  return { route: '/livez', open: true, methods: { GET: () => json(200, '{"state":"live"}') } }
}

/** `/readyz`: 200 when an answer can be had, else 503 and why not. */
export function readyz(state: () => State): Resource {
  return {
    route: '/readyz',
    open: true,
    methods: {
      GET: () => {
        const now = state()
        return json(now.state === 'ready' ? 200 : 503, JSON.stringify(now))
      },
    },
  }
}

function json(status: number, body: string): ServeResponse {
  return { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body }
}
