import { element } from '../dom.ts'
import { formatBytes } from '../format.ts'
import type { MakeField } from './field.ts'
import { labelled } from './label.ts'

/** Bytes: a file, chosen or dropped; a picture shows itself. */
export const fileField: MakeField = (schema, options) => {
  const input = element('input', { type: 'file' })
  const preview = element('div', { className: 'preview' })
  const whole = labelled(input, schema, options)
  whole.append(preview)
  let kept: Blob | undefined
  const keep = (blob: Blob | undefined) => {
    kept = blob
    preview.replaceChildren(...(blob ? describe(blob) : []))
  }
  input.addEventListener('change', () => keep(input.files?.[0]))
  return {
    element: whole,
    read: () => kept,
    write: (value) => {
      input.value = ''
      if (value instanceof Blob || value === undefined) keep(value)
      else if (typeof value === 'string') keep(fromBase64(value))
    },
    find: () => input,
  }
}

function describe(blob: Blob): readonly Node[] {
  const text = `${blob.type || 'application/octet-stream'}, ${formatBytes(blob.size)}`
  if (!blob.type.startsWith('image/')) return [element('span', {}, [text])]
  const src = URL.createObjectURL(blob)
  const picture = element('img', { src, alt: '', onload: () => URL.revokeObjectURL(src) })
  return [picture, element('span', {}, [text])]
}

function fromBase64(text: string): Blob | undefined {
  try {
    return new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))])
  } catch {
    return undefined
  }
}
