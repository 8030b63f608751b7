/** The members of a JSON object; none of anything else. */
export function mapping(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}
