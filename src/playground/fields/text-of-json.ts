import { element } from '../dom.ts'
import type { MakeField } from './field.ts'
import { labelled } from './label.ts'

/** A value for which there is no better field: its JSON. Text that is none is taken as a string. */
export const jsonField: MakeField = (schema, options) => {
  const input = element('textarea', { rows: 2, spellcheck: false, className: 'code', placeholder: 'JSON' })
  return {
    element: labelled(input, schema, options),
    read: () => (input.value.trim() === '' ? undefined : parsed(input.value)),
    write: (value) => {
      input.value = value === undefined ? '' : JSON.stringify(value, undefined, 1)
    },
    find: () => input,
  }
}

/** A list of numbers, as it comes out of a file or a table: commas, spaces or lines between them, brackets or none. */
export const numbersField: MakeField = (schema, options) => {
  const input = element('textarea', { rows: 3, spellcheck: false, className: 'code' })
  const count = element('output', { className: 'count', ariaLive: 'off' })
  const words = () => input.value.split(/[\s,;[\]]+/).filter(Boolean)
  const tell = () => {
    const { length } = words()
    count.value = length === 1 ? '1 number' : `${length} numbers`
  }
  input.addEventListener('input', tell)
  const whole = labelled(input, schema, options)
  input.after(count)
  return {
    element: whole,
    read: () => {
      const given = words()
      if (given.length === 0 && !options.isRequired) return undefined
      return given.map((word) => (Number.isNaN(Number(word)) ? word : Number(word)))
    },
    write: (value) => {
      input.value = Array.isArray(value) ? value.join(', ') : ''
      tell()
    },
    find: () => input,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
