export type Reading = { celsius: number } | { fahrenheit: number }

/** Degrees Celsius of a reading in either unit. */
export function celsiusOf(reading: Reading): number {
  return 'celsius' in reading ? reading.celsius : ((reading.fahrenheit - 32) * 5) / 9
}
