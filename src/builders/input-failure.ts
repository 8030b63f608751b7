import { FlambeError } from '../errors.ts'

/** The violations of an input as one failure: each is told once, as a problem. */
export function inputFailure(
  violations: readonly { readonly pointer: string; readonly message: string }[],
): FlambeError {
  const problems = violations.map(({ pointer, message }) => ({
    severity: 'error' as const,
    message: `${pointer || 'the input'} ${message}`,
  }))
  const [first] = problems
  // A single one is the message itself.
  const told = problems.length === 1 && first ? first.message : `${problems.length} places are wrong`
  return new FlambeError('INPUT_INVALID', `the input does not fit: ${told}`, {
    ...(problems.length > 1 && { problems }),
    hint: 'flambe inspect shows the schema of the input',
  })
}
