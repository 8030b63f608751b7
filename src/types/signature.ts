import type ts from 'typescript'
import type { Place, Reader } from './scope.ts'

/** Of overloads the last one, as TypeScript's own `Parameters<>` takes it. */
export function lastSignature(
  signatures: readonly ts.Signature[],
  place: Place,
  { notify }: Reader,
): ts.Signature | undefined {
  if (signatures.length > 1) notify(place, `has ${signatures.length} overloads; only the last is read`)
  return signatures.at(-1)
}
