/** The names that come closest to a misspelt one, best first; none where nothing is close. */
export function closest(name: string, candidates: Iterable<string>): string[] {
  const wanted = fold(name)
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distance(wanted, fold(candidate)) }))
    .filter(({ candidate, distance: found }) => found <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** `did you mean "component"?`, or undefined. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const found = closest(name, candidates)
  return found.length > 0 ? `did you mean ${found.map((one) => `"${one}"`).join(' or ')}?` : undefined
}

const fold = (name: string) => name.replaceAll('_', '').toLowerCase()

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  for (let row = 1; row <= a.length; row++) {
    const line = [row]
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1]
      const at = (up: number, left: number) => rows[row - up]?.[column - left] ?? 0
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
      line.push(
        Math.min(
          at(1, 0) + 1,
          (line[column - 1] ?? 0) + 1,
          at(1, 1) + (same ? 0 : 1),
          ...(swapped ? [at(2, 2) + 1] : []),
        ),
      )
    }
    rows.push(line)
  }
  return rows[a.length]?.[b.length] ?? 0
}
