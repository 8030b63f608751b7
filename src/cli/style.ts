import { styleText } from 'node:util'

/** The few ways in which text stands out; each gives the text unchanged where colours are unwanted. */
export type Style = {
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly green: (text: string) => string
  readonly cyan: (text: string) => string
  readonly dim: (text: string) => string
  readonly bold: (text: string) => string
}

export function createStyle(color: boolean): Style {
  const paint = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text
  return {
    red: paint('red'),
    yellow: paint('yellow'),
    green: paint('green'),
    cyan: paint('cyan'),
    dim: paint('dim'),
    bold: paint('bold'),
  }
}
