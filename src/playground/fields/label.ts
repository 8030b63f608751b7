import { describeBy, element, freshId } from '../dom.ts'
import { choices, isBytes, list, type Schema } from '../schema.ts'
import type { FieldOptions } from './field.ts'

/** An input with its label, its type and what the doc comment says of it. */
export function labelled(
  input: HTMLElement,
  schema: Schema,
  { label, isRequired }: FieldOptions,
): HTMLElement {
  input.id ||= freshId()
  const kind = element('span', { className: 'kind' }, [kindOf(schema)])
  const name = label === '' ? [] : [element('span', { className: 'name' }, [label])]
  const star =
    isRequired && label !== '' ? [element('span', { className: 'star', title: 'required' }, ['*'])] : []
  const caption = element('label', { htmlFor: input.id }, [...name, ...star, kind])
  const text = help(schema)
  for (const one of text) describeBy(input, one)
  return element('div', { className: 'field' }, [caption, input, ...text])
}

export function help({ description }: Schema): readonly HTMLElement[] {
  return typeof description === 'string' && description !== ''
    ? [element('p', { className: 'help' }, [description])]
    : []
}

/** The type in a few letters, with its bounds: `integer 0 … 10`. */
export function kindOf(schema: Schema): string {
  const { type, format, minimum, maximum, minItems, maxItems, minLength, maxLength } = schema
  if (isBytes(schema)) return 'file'
  const isChoice = list(schema['enum']).length > 0 || choices(schema).length > 0
  const name = isChoice ? 'one of' : [format ?? type ?? 'any'].flat().join(' or ')
  const bounds = [
    [minimum, maximum, ''],
    [minItems, maxItems, ' items'],
    [minLength, maxLength, ' characters'],
  ] as const
  const told = bounds.map(([least, most, unit]) => range(least, most, unit)).filter(Boolean)
  return [name, ...told].join(' ')
}

function range(least: unknown, most: unknown, unit: string): string {
  if (typeof least === 'number' && least === most) return `${least}${unit}`
  if (typeof least === 'number' && typeof most === 'number') return `${least} … ${most}${unit}`
  if (typeof least === 'number') return least === 0 && unit ? '' : `≥ ${least}${unit}`
  return typeof most === 'number' ? `≤ ${most}${unit}` : ''
}
