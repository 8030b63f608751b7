import { randomUUID } from 'node:crypto'
import type { Progress } from '../../progress.ts'
import { type Deed, EngineRefusal } from './failure.ts'
import type { EngineRecord } from './records.ts'

/** Lines of what a build said last, which say why it failed. */
const linesShown = 12

export type FollowOptions = { readonly parent: string; readonly progress: Progress; readonly deed: Deed }

/** Tells each instruction of a build as a step, and gives the ID of the image that it made. */
export async function followBuild(
  told: AsyncIterable<EngineRecord>,
  { parent, progress, deed }: FollowOptions,
): Promise<string> {
  const said: string[] = []
  let id: string | undefined
  let current: string | undefined
  const end = (type: 'done' | 'failed') => {
    if (current) progress({ type, id: current })
    current = undefined
  }
  try {
    for await (const { stream, aux } of told) {
      if (stream?.trim()) said.push(stream.trimEnd())
      id = imageIn(aux) ?? id
      const title = /^Step \d+\/\d+ : (.+)/.exec(stream ?? '')?.[1]
      if (title === undefined) continue
      end('done')
      current = randomUUID()
      progress({ type: 'step', id: current, title, parent })
    }
    if (id !== undefined) return id
    throw new EngineRefusal('UNAVAILABLE', `${deed.what}: the engine named no image`)
  } catch (error) {
    end('failed')
    if (!(error instanceof EngineRefusal)) throw error
    const last = said.slice(-linesShown).join('\n')
    throw new EngineRefusal(error.code, `${error.message}${last && `; it said last:\n${last}`}`, {
      cause: error,
    })
  } finally {
    end('done')
  }
}

function imageIn(aux: unknown): string | undefined {
  const { ID } = (aux ?? {}) as { ID?: unknown }
  return typeof ID === 'string' ? ID : undefined
}
