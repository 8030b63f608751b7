import { element } from './dom.ts'

const tokens = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Longer texts stay plain: thousands of elements make a page slow. */
const longest = 50_000

/** A JSON text as nodes, its kinds of token told apart by colour. */
export function highlighted(text: string): readonly (Node | string)[] {
  if (text.length > longest) return [text]
  const nodes: (Node | string)[] = []
  let end = 0
  for (const match of text.matchAll(tokens)) {
    const [whole, string, colon, word] = match
    nodes.push(text.slice(end, match.index))
    const className = string ? (colon ? 'key' : 'string') : word ? 'word' : 'number'
    nodes.push(element('span', { className }, [string ?? whole]), colon ?? '')
    end = match.index + whole.length
  }
  return [...nodes, text.slice(end)]
}

/** JSON for people: short lists and objects on one line. */
export function pretty(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2) ?? ''
  return text.replace(/([[{])\n\s*([^[\]{}]*?)\n\s*([\]}])/g, (whole, open, inside, close) => {
    const line = `${open}${String(inside).replace(/\n\s*/g, ' ')}${close}`
    return line.length <= 72 ? line : whole
  })
}
