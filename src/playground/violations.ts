import { describeBy, element } from './dom.ts'
import { isRecord, keysOf, list } from './schema.ts'
import type { Problem } from './send.ts'

/** Marks the fields that the violations of a problem are about, and goes to the first. */
export function markViolations(
  { violations }: Problem,
  find: (keys: readonly string[]) => HTMLElement,
): void {
  const marked = list(violations).flatMap((one) => {
    if (!isRecord(one)) return []
    const place = find(keysOf(String(one['pointer'])))
    const note = element('p', { className: 'violation' }, [String(one['message'])])
    place.ariaInvalid = 'true'
    describeBy(place, note)
    // Beside an input, inside a group.
    if (place.matches('input, select, textarea')) place.after(note)
    else place.append(note)
    return [place]
  })
  marked[0]?.focus()
}

export function clearViolations(form: HTMLElement): void {
  for (const note of form.querySelectorAll('.violation')) {
    const place = form.querySelector(`[aria-describedby~="${note.id}"]`)
    const ids =
      place
        ?.getAttribute('aria-describedby')
        ?.split(' ')
        .filter((id) => id !== note.id) ?? []
    if (ids.length > 0) place?.setAttribute('aria-describedby', ids.join(' '))
    else place?.removeAttribute('aria-describedby')
    note.remove()
  }
  for (const place of form.querySelectorAll('[aria-invalid]')) place.removeAttribute('aria-invalid')
}
