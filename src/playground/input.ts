import { type Body, bodyOf, withoutFiles } from './body.ts'
import type { Description } from './description.ts'
import { byId, element } from './dom.ts'
import { formOf } from './fields/make.ts'
import { pretty } from './highlight.ts'
import { sample } from './sample.ts'

/** The input of a request: a form, or its JSON in an editor. */
export type Input = {
  readonly body: () => Promise<Body>
  /** The element that holds the value at these keys. */
  readonly find: (keys: readonly string[]) => HTMLElement
  readonly focus: () => void
}

export function openInput(description: Description): Input {
  const { input, resolve, examples } = description
  const form = formOf(input, resolve)
  const editor = byId('editor', HTMLTextAreaElement)
  const [asForm, asJson] = [byId('as-form', HTMLInputElement), byId('as-json', HTMLInputElement)]
  const fields = byId('fields', HTMLElement)
  const show = () => {
    fields.hidden = !asForm.checked
    editor.hidden = asForm.checked
  }
  const fill = (value: unknown) => {
    form.write(value)
    editor.value = pretty(value)
    form.element.dispatchEvent(new Event('input', { bubbles: true }))
  }
  asJson.addEventListener('change', async () => {
    editor.value = pretty(await withoutFiles(form.read()))
    show()
  })
  asForm.addEventListener('change', () => {
    const value = parsed(editor.value)
    editor.setCustomValidity(value.isJson ? '' : 'This is not JSON yet.')
    if (value.isJson) form.write(value.value)
    else asJson.checked = true
    show()
    editor.reportValidity()
  })
  editor.addEventListener('input', () => editor.setCustomValidity(''))
  fields.replaceChildren(form.element)
  fill(sample(input, resolve))
  show()
  offerExamples(examples, fill)
  return {
    body: async () =>
      asForm.checked ? bodyOf(form.read(), description) : { kind: 'json', text: editor.value },
    find: (keys) => (asForm.checked ? form.find(keys) : editor),
    focus: () =>
      (asForm.checked
        ? form.find([]).querySelector<HTMLElement>('input, textarea, select')
        : editor
      )?.focus(),
  }
}

/** A list of the schema's examples, where it has more than the one that stands in the form. */
function offerExamples(examples: readonly unknown[], fill: (value: unknown) => void): void {
  const select = byId('examples', HTMLSelectElement)
  select.hidden = examples.length < 2
  select.append(
    ...examples.map((_, index) => element('option', { value: String(index) }, [`Example ${index + 1}`])),
  )
  select.addEventListener('change', () => fill(examples[Number(select.value)]))
}

function parsed(text: string): { readonly isJson: boolean; readonly value?: unknown } {
  if (text.trim() === '') return { isJson: true }
  try {
    return { isJson: true, value: JSON.parse(text) }
  } catch {
    return { isJson: false }
  }
}
