import type { Answer, AskOptions, CallerSignal, Question, ServeFailure, Timings } from '../exchange.ts'
import type { Expiring } from './deadlines.ts'
import { createItemPipe, type ItemPipe, type ItemPipeOptions } from './item-pipe.ts'
import type { Value } from './reports.ts'
import type { Call } from './runner.ts'

export type Answered = Answer & { readonly timings: Timings }

/** Is told what becomes of a ticket. */
export type TicketOwner = {
  /** Its caller has left. */
  readonly left: (ticket: Ticket) => void
  /** Its deadline is over. */
  readonly expired: (ticket: Ticket) => void
}

/** A question from when it is asked until the caller has its answer, and until nobody works on it any more. */
export class Ticket implements Expiring {
  readonly n: number
  readonly question: Question
  readonly asked = performance.now()
  readonly received: number
  readonly deadline: number
  readonly answer: Promise<Answered>
  /** Set while it is with a runner. */
  call: Call | undefined
  /** True once the caller has all there will be. */
  isSettled = false
  /** True where nothing was free to take the question when it came. */
  readonly foundBusy: boolean
  readonly #resolve: (answer: Answered) => void
  readonly #reject: (failure: ServeFailure) => void
  readonly #signal: CallerSignal
  readonly #owner: TicketOwner
  readonly #leave = () => this.#owner.left(this)
  #pipe: ItemPipe | undefined
  #timings: { queued: number; computed: number } | undefined

  constructor(
    {
      n,
      question,
      foundBusy,
      owner,
    }: Pick<Ticket, 'n' | 'question' | 'foundBusy'> & { readonly owner: TicketOwner },
    { signal, deadline, received }: AskOptions,
  ) {
    this.n = n
    this.question = question
    this.foundBusy = foundBusy
    this.deadline = deadline
    this.received = received ?? this.asked
    this.#owner = owner
    this.#signal = signal
    signal.addEventListener('abort', this.#leave)
    const { promise, resolve, reject } = Promise.withResolvers<Answered>()
    this.answer = promise
    this.#resolve = resolve
    this.#reject = reject
  }

  expire(): void {
    this.#owner.expired(this)
  }

  value({ contentType, body }: Value, computed: number): void {
    if (this.isSettled) return
    this.#resolve({ kind: 'value', contentType, body, timings: this.#time(computed) })
    this.#settle()
  }

  begin(options: ItemPipeOptions): void {
    if (this.isSettled) return
    this.#pipe = createItemPipe(options)
    this.#timings = this.#time(0)
    this.#resolve({ kind: 'items', items: this.#pipe.items, timings: this.#timings })
  }

  item(item: Uint8Array): void {
    if (!this.isSettled) this.#pipe?.push(item)
  }

  end(computed: number): void {
    if (this.isSettled) return
    if (this.#timings) this.#timings.computed = computed
    this.#pipe?.end()
    this.#settle()
  }

  fail(failure: ServeFailure): void {
    if (this.isSettled) return
    if (this.#pipe) this.#pipe.fail(failure)
    else this.#reject(failure)
    this.#settle()
  }

  /** The caller wants no more. */
  leave(): void {
    this.#settle()
  }

  #settle(): void {
    this.isSettled = true
    this.#signal.removeEventListener('abort', this.#leave)
  }

  #time(computed: number): { queued: number; computed: number } {
    return { queued: Math.max(0, performance.now() - this.asked - computed), computed }
  }
}
