import { element } from '../dom.ts'
import { isRecord, list, properties, type Schema } from '../schema.ts'
import type { Field, FieldOptions, MakeField } from './field.ts'
import { help } from './label.ts'

/** An object: a field for each property that its schema names. Others that a value has are kept. */
export const objectField: MakeField = (schema, options) => {
  const required = list(schema['required'])
  const fields = properties(schema).map(([name, property]) => {
    const inner = { ...options, label: name, isRequired: required.includes(name), depth: options.depth + 1 }
    return [name, options.make(property, inner)] as const
  })
  let others: Readonly<Record<string, unknown>> = {}
  const whole = group(
    schema,
    options,
    fields.map(([, { element: one }]) => one),
  )
  return {
    element: whole,
    read: () => {
      const entries = fields.map(([name, field]) => [name, field.read()] as const)
      return { ...Object.fromEntries(entries.filter(([, value]) => value !== undefined)), ...others }
    },
    write: (value) => {
      const given = isRecord(value) ? value : {}
      const known = new Map<string, Field>(fields)
      others = Object.fromEntries(Object.entries(given).filter(([name]) => !known.has(name)))
      for (const [name, field] of fields) field.write(given[name])
    },
    find: ([key, ...keys]) => fields.find(([name]) => name === key)?.[1].find(keys) ?? whole,
  }
}

/** The whole input needs no frame around it. */
export function group(schema: Schema, { label }: FieldOptions, children: readonly Node[]): HTMLElement {
  if (label === '') return element('div', { className: 'group' }, [...help(schema), ...children])
  const caption = element('legend', {}, [label])
  return element('fieldset', { className: 'group' }, [caption, ...help(schema), ...children])
}
