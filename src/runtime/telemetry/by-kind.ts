import type { Answered } from '../observe.ts'

/** What requests are told apart by in metrics: a handful of kinds. */
export type RequestKind = Pick<Answered, 'method' | 'route' | 'status'>

export type ByKind<T> = {
  readonly of: (kind: RequestKind) => T
  readonly values: () => Iterable<T>
}

/** Something for each kind of request, made when the first of the kind comes. Most are of the kind of the one before, which is at hand. */
export function byKind<T>(make: (kind: RequestKind) => T): ByKind<T> {
  const all = new Map<string, T>()
  let last: (RequestKind & { readonly one: T }) | undefined
  const find = ({ method, route, status }: RequestKind) => {
    const key = `${method} ${route} ${status}`
    const one = all.get(key) ?? make({ method, route, status })
    all.set(key, one)
    last = { method, route, status, one }
    return one
  }
  return {
    of: (kind) =>
      last?.status === kind.status && last.route === kind.route && last.method === kind.method
        ? last.one
        : find(kind),
    values: () => all.values(),
  }
}
