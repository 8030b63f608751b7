import { closeAll } from '../../construct/index.ts'
import { answerQuestion } from '../answer/index.ts'
import type { Backend, ComponentSource } from '../exchange.ts'
import type { Observe } from '../observe.ts'
import { failure } from '../problems.ts'
import type { ServeSettings } from '../settings.ts'
import { QuestionContext } from './context.ts'
import { type OpenedSource, openSource } from './open-source.ts'
import { createState } from './state.ts'

/** Answers in this thread until the real backend is here. */
export function createBackend(
  source: ComponentSource,
  { settings, observe }: { settings: ServeSettings; observe: Observe },
): Backend {
  const state = createState(observe)
  let opened: OpenedSource | undefined
  const bring = async (from: ComponentSource) => {
    opened = await openSource(from, settings)
    state.set('ready')
  }
  const loading = bring(source).catch((error: Error) => state.set('failed', error.message))
  return {
    state: state.current,
    load: () => ({ waiting: 0, running: 0, workers: 1 }),
    ask: async (question, { signal }) => {
      if (!opened) throw failure('not-ready', 'the component loads')
      const started = performance.now()
      const context = new QuestionContext(question.id, { observe, traceparent: question.traceparent })
      signal.addEventListener('abort', () => context.abort(new Error('the caller left')))
      const answer = await answerQuestion(opened.answerer, question, context)
      return { ...answer, timings: { queued: 0, computed: performance.now() - started } }
    },
    swap: bring,
    close: async () => {
      await loading
      if (opened) await closeAll(opened.component)
    },
  }
}
