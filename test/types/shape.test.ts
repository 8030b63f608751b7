import { describe, expect, test } from 'vitest'
import { shapeOf } from '../../src/types/shape.ts'

const explicit = `
import { helper } from './helper.ts'
const DEFAULT = 0.5
/** The engine. */
export class Engine {
  private cache = new Map<string, number>()
  constructor({ threshold = DEFAULT }: { threshold?: number }) { this.set(threshold) }
  /** Classifies. */
  predict({ features }: { features: number[] }): { label: string } {
    const sum = features.map((x) => x * 2)
    return { label: this.name(sum[0]) }
  }
  private name(x: number) { return 'a' + x }
  set value(x: number) { helper(x) }
}
function local(x: number) { return x * 2 }
`
const inferred = `
export class Engine {
  size
  constructor(args: { size: number }) { this.size = args.size }
  predict(x: number) { return x * 2 }
  written(x: number): number { return x * 3 }
}
`
const script = `
export class Engine {
  constructor(args) { this.size = 1 }
  /** @param {number} x @returns {number} */
  predict(x) { return x * 2 }
  /** @param {number} x @returns {number} */
  declares(x) { this.other = x; return x * 3 }
  untyped(x) { return x * 4 }
}
/** @returns {string} */
export function written() { return 'w' }
`

async function sameShape(
  file: string,
  text: string,
  [from, to]: readonly [string, string],
): Promise<boolean> {
  expect(text).toContain(from)
  return (await shapeOf(file, text)) === (await shapeOf(file, text.replace(from, to)))
}

describe('an edit that no schema can tell leaves the shape as it is', () => {
  const rows: readonly (readonly [what: string, file: string, text: string, from: string, to: string])[] = [
    ['in a method', 'a.ts', explicit, 'x * 2)', 'x * 3)'],
    ['a line more in a method', 'a.ts', explicit, 'const sum', "console.log('🔥')\n    const sum"],
    ['in a constructor', 'a.ts', explicit, 'this.set(threshold)', 'this.set(1)'],
    ['in a setter', 'a.ts', explicit, 'helper(x)', 'helper(2)'],
    ['in a private method without a return type', 'a.ts', explicit, "'a' + x", "'b' + x"],
    ['in a local function without a return type', 'a.ts', explicit, 'return x * 2', 'return x * 3'],
    ['a comment that is no doc', 'a.ts', explicit, 'function local', '// local\nfunction local'],
    [
      'comments on lines of their own',
      'a.ts',
      explicit,
      '\n/** The engine',
      '\n// a\n  /* b\n  c */\n/** The engine',
    ],
    ['a comment at the end of a line', 'a.ts', explicit, 'DEFAULT = 0.5', 'DEFAULT = 0.5 // half'],
    ['in a method with a return type, beside one without', 'a.ts', inferred, 'x * 3', 'x * 4'],
    ['in a JavaScript method with @returns', 'a.js', script, 'x * 2', 'x * 3'],
    ['in a JavaScript function with @returns', 'a.js', script, "'w'", "'v'"],
  ]
  test.each(rows)('%s', async (_, file, text, from, to) => {
    expect(await sameShape(file, text, [from, to])).toBe(true)
  })
})

describe('an edit that a schema can tell changes the shape', () => {
  const rows: readonly (readonly [what: string, file: string, text: string, from: string, to: string])[] = [
    ['a type', 'a.ts', explicit, 'features: number[]', 'features: string[]'],
    ['a return type', 'a.ts', explicit, 'label: string }', 'label: number }'],
    ['a default', 'a.ts', explicit, 'threshold = DEFAULT', 'threshold = 0.6'],
    ['a constant', 'a.ts', explicit, 'DEFAULT = 0.5', 'DEFAULT = 0.6'],
    ['a doc comment', 'a.ts', explicit, 'Classifies.', 'Ranks.'],
    ['an import', 'a.ts', explicit, './helper.ts', './other.ts'],
    ['in a method without a return type', 'a.ts', inferred, 'x * 2', "'x'"],
    ['in a constructor that types a property', 'a.ts', inferred, 'args.size', "'big'"],
    ['in a JavaScript constructor', 'a.js', script, 'this.size = 1', "this.size = ''"],
    ['in a JavaScript method that declares a property', 'a.js', script, 'this.other = x', 'this.more = x'],
    ['in a JavaScript method without @returns', 'a.js', script, 'x * 4', "'x'"],
    ['a pragma', 'a.js', script, '\nexport class', '\n// @ts-nocheck\nexport class'],
    ['in a declaration file', 'a.d.ts', 'declare const a: 1 // one', 'one', 'two'],
    ['in JSON', 'a.json', '{"a": 1}', '1', '2'],
    [
      'in a file that does not parse',
      'a.ts',
      'const = 0; function f(): number { return 1 }',
      'return 1',
      'return 2',
    ],
  ]
  test.each(rows)('%s', async (_, file, text, from, to) => {
    expect(await sameShape(file, text, [from, to])).toBe(false)
  })
})
