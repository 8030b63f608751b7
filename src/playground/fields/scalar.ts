import { element } from '../dom.ts'
import { list } from '../schema.ts'
import type { Field, MakeField } from './field.ts'
import { help, labelled } from './label.ts'

export const textField: MakeField = (schema, options) => {
  const input = element('textarea', { rows: 1, spellcheck: false })
  return {
    element: labelled(input, schema, options),
    read: () => (input.value === '' && !options.isRequired ? undefined : input.value),
    write: (value) => {
      input.value = typeof value === 'string' ? value : ''
    },
    find: () => input,
  }
}

export const numberField: MakeField = (schema, options) => {
  const { minimum, maximum, type } = schema
  const input = element('input', { type: 'number', step: type === 'integer' ? '1' : 'any' })
  if (typeof minimum === 'number') input.min = String(minimum)
  if (typeof maximum === 'number') input.max = String(maximum)
  return {
    element: labelled(input, schema, options),
    read: () => (Number.isNaN(input.valueAsNumber) ? undefined : input.valueAsNumber),
    write: (value) => {
      input.value = typeof value === 'number' ? String(value) : ''
    },
    find: () => input,
  }
}

export const checkField: MakeField = (schema, options) => {
  if (!options.isRequired) return choiceOf([true, false], schema, options)
  const input = element('input', { type: 'checkbox' })
  const caption = element('label', { className: 'check' }, [input, options.label || 'true'])
  return {
    element: element('div', { className: 'field' }, [caption, ...help(schema)]),
    read: () => input.checked,
    write: (value) => {
      input.checked = value === true
    },
    find: () => input,
  }
}

export const selectField: MakeField = (schema, options) => {
  const allowed = 'const' in schema ? [schema['const']] : list(schema['enum'])
  return choiceOf(allowed, schema, options)
}

/** What can be one value alone, such as the tag of a choice, needs no field. */
export const constantField: MakeField = (schema) => {
  const place = element('div', { hidden: true })
  return { element: place, read: () => schema['const'], write: () => {}, find: () => place }
}

/** For a component that takes no input. */
export const nothingField: MakeField = (schema) => {
  const place = element('div', {}, [
    element('p', { className: 'help' }, ['No input is needed.']),
    ...help(schema),
  ])
  return { element: place, read: () => null, write: () => {}, find: () => place }
}

function choiceOf(values: readonly unknown[], ...[schema, options]: Parameters<MakeField>): Field {
  const texts = values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
  const none = options.isRequired ? [] : [element('option', { value: '' }, ['(left out)'])]
  const all = texts.map((text, index) => element('option', { value: String(index) }, [text]))
  const input = element('select', {}, [...none, ...all])
  return {
    element: labelled(input, schema, options),
    read: () => (input.value === '' ? undefined : values[Number(input.value)]),
    write: (value) => {
      const index = values.indexOf(value)
      input.value = index === -1 ? (none.length > 0 ? '' : '0') : String(index)
    },
    find: () => input,
  }
}
