import { byId } from './dom.ts'

export type Token = {
  readonly value: () => string
  /** Asks for it, and waits until there is one. */
  readonly ask: (why: string) => Promise<void>
}

/** The bearer token, kept for this tab alone. */
export function openToken(): Token {
  const [form, input] = [byId('token-form', HTMLFormElement), byId('token', HTMLInputElement)]
  const why = byId('token-why', HTMLElement)
  input.value = sessionStorage.getItem('flambe-token') ?? ''
  form.hidden = input.value === ''
  input.addEventListener('change', () => sessionStorage.setItem('flambe-token', input.value))
  form.addEventListener('submit', (event) => event.preventDefault())
  return {
    value: () => input.value.trim(),
    ask: async (reason) => {
      form.hidden = false
      why.textContent = reason
      input.focus()
      await new Promise((resolve) => form.addEventListener('submit', resolve, { once: true }))
      why.textContent = ''
    },
  }
}
