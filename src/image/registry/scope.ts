/** `repository:NAME:ACTIONS`, what a token allows: https://distribution.github.io/distribution/spec/auth/scope/ */
export type Scope = { readonly repository: string; readonly actions: readonly string[] }

export const pull = (repository: string): Scope => ({ repository, actions: ['pull'] })
export const push = (repository: string): Scope => ({ repository, actions: ['pull', 'push'] })

/** The union, one scope for each repository; those of `first` stay first, since some token servers look at one only. */
export function unite(first: readonly Scope[], more: readonly Scope[] = []): Scope[] {
  const actions = new Map<string, Set<string>>()
  for (const scope of [...first, ...more]) {
    actions.set(scope.repository, new Set([...(actions.get(scope.repository) ?? []), ...scope.actions]))
  }
  return [...actions].map(([repository, all]) => ({ repository, actions: [...all].sort() }))
}

export function formatScope({ repository, actions }: Scope): string {
  return `repository:${repository}:${actions.join(',')}`
}

/** The scopes of a challenge, space-separated; what is not of a repository is left out. */
export function parseScopes(text: string): Scope[] {
  return text.split(' ').flatMap((one) => {
    const [, repository, actions] = /^repository:(.+):([a-z*,]+)$/.exec(one) ?? []
    return repository && actions ? [{ repository, actions: actions.split(',') }] : []
  })
}
