import { answerView } from './answer.ts'
import { curlOf } from './curl.ts'
import { type Description, describe } from './description.ts'
import { byId } from './dom.ts'
import { watchHealth } from './health.ts'
import { type Input, openInput } from './input.ts'
import { send } from './send.ts'
import { openToken, type Token } from './token.ts'
import { clearViolations, markViolations } from './violations.ts'

watchHealth(byId('health', HTMLElement))
start(openToken())

async function start(token: Token): Promise<void> {
  const description = await load(token)
  showFacts(description)
  if (description.needsToken) byId('token-form', HTMLFormElement).hidden = false
  const input = openInput(description)
  openRequest({ input, token })
  openCurl({ input, token })
  byId('send', HTMLButtonElement).disabled = false
  input.focus()
}

async function load(token: Token): Promise<Description> {
  const value = token.value()
  const headers = value === '' ? {} : { authorization: `Bearer ${value}` }
  const response = await fetch('openapi.json', { headers })
  if (response.ok) return describe(await response.json())
  if (response.status === 401)
    await token.ask(value === '' ? 'This server needs a token.' : 'This token is not taken.')
  else await new Promise((resolve) => setTimeout(resolve, 1500))
  return load(token)
}

function showFacts({ name, version, text, streams }: Description): void {
  document.title = `${name} · flambe`
  byId('name', HTMLElement).textContent = name
  byId('version', HTMLElement).textContent = version
  byId('text', HTMLElement).textContent = text
  byId('streaming', HTMLInputElement).checked = streams
  byId('streaming-choice', HTMLElement).hidden = !streams
}

type Parts = { readonly input: Input; readonly token: Token }

function openRequest({ input, token }: Parts): void {
  const form = byId('request', HTMLFormElement)
  const stop = byId('stop', HTMLButtonElement)
  const places = { status: byId('status', HTMLElement), content: byId('answer', HTMLElement) }
  let controller: AbortController | undefined
  stop.addEventListener('click', () => controller?.abort())
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit()
    if (event.key === 'Escape') controller?.abort()
  })
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    controller?.abort()
    const own = new AbortController()
    controller = own
    clearViolations(form)
    const view = answerView(places)
    stop.disabled = false
    const options = { url: 'predict', accept: accept(), token: token.value(), signal: own.signal }
    for await (const arrival of send(await input.body(), options)) {
      // Another request has begun: the places are its own.
      if (controller !== own) return
      await view.show(arrival)
      if (arrival.type === 'problem') markViolations(arrival.problem, input.find)
    }
    stop.disabled = true
  })
}

function openCurl({ input, token }: Parts): void {
  const [line, copy] = [byId('curl', HTMLTextAreaElement), byId('copy', HTMLButtonElement)]
  const url = new URL('predict', location.href).href
  let timer: number | undefined
  const write = async () => {
    const options = { url, accept: accept(), hasToken: token.value() !== '' }
    line.value = curlOf(await input.body(), options)
  }
  const later = () => {
    clearTimeout(timer)
    timer = window.setTimeout(write, 100)
  }
  for (const type of ['input', 'change', 'click']) byId('page', HTMLElement).addEventListener(type, later)
  copy.addEventListener('click', async () => {
    await write()
    await navigator.clipboard.writeText(line.value)
    copy.textContent = 'Copied'
    setTimeout(() => {
      copy.textContent = 'Copy'
    }, 1500)
  })
  write()
}

function accept(): string {
  return byId('streaming', HTMLInputElement).checked ? 'text/event-stream' : '*/*'
}
