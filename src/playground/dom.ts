type Properties<T> = { readonly [K in keyof T]?: T[K] }

/** Makes an element: its tag, its properties, what is inside. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  properties: Properties<HTMLElementTagNameMap[Tag]> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = Object.assign(document.createElement(tag), properties)
  made.append(...children)
  return made
}

/** An element of the page that is known to be there. */
export function byId<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id)
  if (found instanceof kind) return found
  throw new TypeError(`the page has no #${id}`)
}

/** An id that nothing else on the page has. */
export function freshId(): string {
  return `f${crypto.getRandomValues(new Uint32Array(2)).join('')}`
}

/** Ties a text that explains an input to it, for those who hear the page. */
export function describeBy(input: Element, text: HTMLElement): void {
  text.id ||= freshId()
  const earlier = input.getAttribute('aria-describedby')
  input.setAttribute('aria-describedby', earlier ? `${earlier} ${text.id}` : text.id)
}
