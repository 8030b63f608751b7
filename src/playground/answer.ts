import { element } from './dom.ts'
import { formatBytes, formatTime } from './format.ts'
import { highlighted, pretty } from './highlight.ts'
import { isRecord, list } from './schema.ts'
import type { Arrival, Problem } from './send.ts'

export type AnswerPlaces = { readonly status: HTMLElement; readonly content: HTMLElement }

export type AnswerView = { readonly show: (arrival: Arrival) => Promise<void> }

/** Shows one answer as it comes, in the places that are given. */
export function answerView({ status, content }: AnswerPlaces): AnswerView {
  const facts: string[] = []
  let parts = ''
  const tell = (kind: string, ...told: readonly string[]) => {
    facts.push(...told)
    status.className = `status ${kind}`
    status.textContent = facts.join(' · ')
  }
  const stream = streamView(content)
  tell('waiting', 'waiting …')
  facts.length = 0
  content.replaceChildren()
  return {
    show: async (arrival) => {
      if (arrival.type === 'head') {
        const { status: code, statusText } = arrival
        parts = partsOf(arrival.timing)
        tell(code < 400 ? 'good' : 'bad', `${code} ${statusText}`.trim())
      } else if (arrival.type === 'item') {
        if (stream.add(arrival.value) === 1) tell('good', `first item after ${formatTime(arrival.after)}`)
      } else if (arrival.type === 'problem') {
        tell('bad')
        content.append(problemBox(arrival.problem))
      } else if (arrival.type === 'body') {
        facts.push(formatBytes(arrival.blob.size))
        content.append(await nodeOf(arrival.blob))
      } else {
        const items = stream.count()
        const count = items > 0 ? [`${items} ${items === 1 ? 'item' : 'items'}`] : []
        if (arrival.type === 'end')
          tell(status.className.slice(7), ...count, `${formatTime(arrival.after)}${parts}`)
        else tell('bad', arrival.reason, ...count, formatTime(arrival.after))
      }
    },
  }
}

/** `queue;dur=0.2, compute;dur=3.1` -> ` (queue 0.2 ms, compute 3.1 ms)` */
function partsOf(timing: string): string {
  const parts = [...timing.matchAll(/([\w-]+);dur=([\d.]+)/g)]
  const told = parts.map(([, name, milliseconds]) => `${name} ${formatTime(Number(milliseconds))}`)
  return told.length > 0 ? ` (${told.join(', ')})` : ''
}

/** Items that are texts run on as one text; others stand in a line each. */
function streamView(content: HTMLElement) {
  let place: HTMLElement | undefined
  let count = 0
  return {
    count: () => count,
    add: (value: unknown): number => {
      place ??= content.appendChild(element('pre', { className: 'stream' }))
      if (typeof value === 'string') place.append(value)
      else place.append(element('div', {}, highlighted(JSON.stringify(value))))
      place.scrollTop = place.scrollHeight
      return ++count
    },
  }
}

async function nodeOf(blob: Blob): Promise<Node> {
  const { type, size } = blob
  if (type.startsWith('application/json') && size < 2e6) {
    const value: unknown = JSON.parse(await blob.text())
    return element('pre', {}, highlighted(pretty(value)))
  }
  if (type.startsWith('text/') && size < 2e6) return element('pre', {}, [await blob.text()])
  const url = URL.createObjectURL(blob)
  if (type.startsWith('image/')) return element('img', { src: url, alt: 'the answer, a picture' })
  if (type.startsWith('audio/')) return element('audio', { src: url, controls: true })
  const text = `Save ${type || 'the answer'}, ${formatBytes(size)}`
  return element('a', { href: url, download: 'answer', className: 'button' }, [text])
}

function problemBox({ title, detail, violations }: Problem): HTMLElement {
  const rows = list(violations).flatMap((one) => (isRecord(one) ? [violationRow(one)] : []))
  return element('div', { className: 'problem', role: 'alert' }, [
    element('strong', {}, [String(title ?? 'The request failed')]),
    ...(rows.length === 0 && detail !== undefined ? [element('p', {}, [String(detail)])] : []),
    ...(rows.length > 0 ? [element('ul', {}, rows)] : []),
  ])
}

function violationRow({ pointer, message }: Readonly<Record<string, unknown>>): HTMLElement {
  const place = pointer === '' ? 'the input' : String(pointer)
  return element('li', {}, [element('code', {}, [place]), ` ${String(message)}`])
}
