import { element } from '../dom.ts'
import { sample } from '../sample.ts'
import type { Field, FieldOptions, MakeField } from './field.ts'

/** A part that may be left out as a whole: a box to tick brings it in. */
export function optional(make: MakeField): MakeField {
  return (schema, options) => {
    const inner = make(schema, options)
    const box = element('input', { type: 'checkbox' })
    const caption = element('label', { className: 'check' }, [box, `with ${options.label}`])
    const whole = element('div', { className: 'optional' }, [caption, inner.element])
    const show = () => {
      inner.element.hidden = !box.checked
    }
    box.addEventListener('change', () => {
      if (box.checked && isEmpty(inner)) inner.write(sampleOf(schema, options))
      show()
    })
    show()
    return {
      element: whole,
      read: () => (box.checked ? inner.read() : undefined),
      write: (value) => {
        box.checked = value !== undefined
        inner.write(value)
        show()
      },
      find: (keys) => (box.checked ? inner.find(keys) : box),
    }
  }
}

function isEmpty(field: Field): boolean {
  return /^(\{\}|\[\])?$/.test(JSON.stringify(field.read()) ?? '')
}

function sampleOf(schema: Parameters<MakeField>[0], { resolve }: FieldOptions): unknown {
  return sample(schema, resolve)
}
