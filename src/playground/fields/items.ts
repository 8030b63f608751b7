import { element } from '../dom.ts'
import { sample } from '../sample.ts'
import { list } from '../schema.ts'
import type { Field, MakeField } from './field.ts'
import { group } from './object.ts'

/** A list: a field for each item, and buttons to add and remove them. */
export const itemsField: MakeField = (schema, options) => {
  const rows: { readonly field: Field; readonly row: HTMLElement }[] = []
  const holder = element('ol', { className: 'items' })
  const add = element('button', { type: 'button', className: 'quiet' }, ['Add an item'])
  const insert = (value: unknown) => {
    const inner = { ...options, label: 'item', isRequired: true, depth: options.depth + 1 }
    const field = options.make(schema['items'], inner)
    const remove = element(
      'button',
      { type: 'button', className: 'quiet remove', ariaLabel: 'Remove this item' },
      ['×'],
    )
    const row = element('li', {}, [field.element, remove])
    remove.addEventListener('click', () => {
      rows.splice(
        rows.findIndex((one) => one.row === row),
        1,
      )
      row.remove()
      add.focus()
    })
    field.write(value)
    rows.push({ field, row })
    holder.append(row)
    return field
  }
  add.addEventListener('click', () => insert(sample(schema['items'], options.resolve)).find([]).focus())
  const whole = group(schema, { ...options, label: options.label || 'items' }, [holder, add])
  return {
    element: whole,
    read: () => rows.map(({ field }) => field.read()),
    write: (value) => {
      rows.length = 0
      holder.replaceChildren()
      for (const item of list(value)) insert(item)
    },
    find: ([key, ...keys]) => rows[Number(key ?? Number.NaN)]?.field.find(keys) ?? whole,
  }
}

/** A tuple: a field for each place. */
export const tupleField: MakeField = (schema, options) => {
  const fields = list(schema['prefixItems']).map((item, index) =>
    options.make(item, { ...options, label: String(index), isRequired: true, depth: options.depth + 1 }),
  )
  const whole = group(
    schema,
    options,
    fields.map(({ element: one }) => one),
  )
  return {
    element: whole,
    read: () => fields.map((field) => field.read()),
    write: (value) => {
      const given = list(value)
      for (const [index, field] of fields.entries()) field.write(given[index])
    },
    find: ([key, ...keys]) => fields[Number(key ?? Number.NaN)]?.find(keys) ?? whole,
  }
}
