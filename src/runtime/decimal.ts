/** Milliseconds with three decimals, from whole numbers: a fraction's own shortest text takes three times as long to find. */
export function decimal(milliseconds: number): string {
  const microseconds = Math.round(milliseconds * 1000)
  const whole = Math.trunc(microseconds / 1000)
  const rest = microseconds - whole * 1000
  return `${whole}.${rest < 100 ? '0' : ''}${rest < 10 ? '0' : ''}${rest}`
}
