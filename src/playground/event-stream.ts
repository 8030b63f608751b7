export type StreamEvent = { readonly event: string; readonly data: string }

/** The events of a `text/event-stream`, as they come: https://html.spec.whatwg.org/multipage/server-sent-events.html */
export async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<StreamEvent> {
  let rest = ''
  for await (const text of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = eventOf(block)
      if (event) yield event
    }
  }
}

/** Lines that begin with a colon are there to keep the connection. */
function eventOf(block: string): StreamEvent | undefined {
  const fields = block.split(/\r?\n/).flatMap((line) => {
    const [, name, value = ''] = /^([^:]+):? ?(.*)$/.exec(line) ?? []
    return name === undefined ? [] : [[name, value] as const]
  })
  const data = fields.filter(([name]) => name === 'data').map(([, value]) => value)
  if (data.length === 0) return undefined
  return { event: fields.find(([name]) => name === 'event')?.[1] ?? 'message', data: data.join('\n') }
}
