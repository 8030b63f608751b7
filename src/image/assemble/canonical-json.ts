/** JSON with sorted keys and no spaces: equal values, equal bytes. https://www.rfc-editor.org/rfc/rfc8785 for what we write. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  )
}
