import type { AskOptions, Question, ServeFailure } from '../exchange.ts'
import type { Observe } from '../observe.ts'
import { failure } from '../problems.ts'
import { Numbered } from './churn.ts'
import { createConditions } from './conditions.ts'
import { createDeadlines } from './deadlines.ts'
import { Dispatch } from './dispatch.ts'
import { tellFault } from './fault.ts'
import { createMean } from './mean.ts'
import type { Reports } from './reports.ts'
import { type AbortCause, type Call, free, type Runner } from './runner.ts'
import { type Answered, Ticket, type TicketOwner } from './ticket.ts'
import { createWaiting } from './waiting.ts'

export type SchedulerOptions = {
  /** Most questions that wait. */
  readonly queueSize: number
  readonly maxBatchSize: number
  /** Milliseconds. */
  readonly maxBatchWait: number
  /** Milliseconds that any question may take; a caller may ask for less. */
  readonly timeout: number
  readonly observe: Observe
}

/** Milliseconds that aborted code gets to end before its runner is killed. */
const grace = 1000

/** Takes questions, has runners answer them, and settles each exactly once, whatever happens to its runner. */
export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #waiting = createWaiting<Ticket>()
  readonly #sent = new Numbered<Ticket>()
  readonly #deadlines = createDeadlines()
  readonly #callTime = createMean()
  readonly #questionTime = createMean()
  readonly #dispatch: Dispatch
  readonly #conditions = createConditions()
  readonly #owner: TicketOwner = { left: (one) => this.#leave(one), expired: (one) => this.#expire(one) }
  #last = 0
  /** Questions that came since the last went. */
  #arrived = 0
  #handful = Number.POSITIVE_INFINITY
  #isScheduled = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#dispatch = new Dispatch(this.#waiting, {
      ...options,
      callTime: this.#callTime,
      sending: (call) => this.#sending(call),
      again: () => this.settle(),
    })
  }

  get waiting(): number {
    return this.#waiting.size()
  }

  get running(): number {
    return this.#sent.size
  }

  get runners(): ReadonlySet<Runner> {
    return this.#dispatch.runners
  }

  /** Why a question that came now would be refused. */
  refusal(room = this.#dispatch.room()): ServeFailure | undefined {
    return this.waiting >= this.#options.queueSize + room ? this.#full() : undefined
  }

  /** Rejects with a `ServeFailure`. */
  ask(question: Question, options: AskOptions): Promise<Answered> {
    if (options.signal.aborted) return Promise.reject(failure('cancelled', 'the caller has left already'))
    const room = this.#dispatch.room()
    const refused = this.refusal(room)
    if (refused) return Promise.reject(refused)
    const asked = { n: ++this.#last, question, foundBusy: room === 0, owner: this.#owner }
    const ticket = new Ticket(asked, options)
    this.#deadlines.add(ticket)
    this.#waiting.push(ticket)
    if (++this.#arrived < this.#handful) this.#schedule()
    else this.settle()
    return ticket.answer
  }

  /** What runners tell. */
  readonly reports: Reports = {
    value: (n, value, computed) => this.#done(n, computed)?.value(value, computed),
    failed: (n, cause, computed) => {
      const ticket = this.#done(n, computed)
      if (!ticket || ticket.isSettled) return
      tellFault(cause, ticket.question, this.#options.observe)
      ticket.fail(cause)
    },
    began: (n) => {
      const ticket = this.#sent.get(n)
      ticket?.begin({
        taken: (count) => ticket.call?.runner.taken(ticket, count),
        left: () => this.#abandon(ticket),
      })
    },
    item: (n, item) => this.#sent.get(n)?.item(item),
    ended: (n, computed) => this.#done(n, computed)?.end(computed),
    stalled: (n) => {
      const call = this.#sent.get(n)?.call
      if (call) free(call)
    },
  }

  /** Lets the next questions go. */
  settle(): void {
    this.#arrived = 0
    this.#dispatch.run()
    this.#conditions.check()
  }

  add(runner: Runner): void {
    this.#handful = runner.handful
    this.#dispatch.runners.add(runner)
    this.settle()
  }

  /** Gives it no more questions, and resolves when it has answered those that it has. */
  retire(runner: Runner): Promise<void> {
    this.#dispatch.runners.delete(runner)
    return this.idle(runner)
  }

  /** Its thread has ended: the calls that it had begun fail, others take the rest. */
  lose(runner: Runner, cause: ServeFailure): void {
    this.#dispatch.runners.delete(runner)
    const tickets = [...this.#sent.values()].filter(({ call }) => call?.runner === runner)
    for (const { call } of tickets) if (call && runner.revoke(call)) this.#takeBack(call)
    for (const ticket of tickets) {
      if (!this.#sent.delete(ticket.n)) continue
      this.#deadlines.delete(ticket)
      ticket.fail(cause)
    }
    this.settle()
  }

  /** Fails all that waits and all that is under way. */
  failAll(cause: ServeFailure): void {
    for (let one = this.#waiting.shift(); one; one = this.#waiting.shift()) one.fail(cause)
    for (const ticket of this.#sent.values()) {
      ticket.fail(cause)
      ticket.call?.runner.abort(ticket, 'cancelled')
    }
    this.settle()
  }

  /** Resolves when nothing waits and nothing is under way: of one runner, or at all. */
  idle(runner?: Runner): Promise<void> {
    if (!runner) return this.#conditions.until(() => this.waiting === 0 && this.running === 0)
    return this.#conditions.until(() => !this.#sent.values().some(({ call }) => call?.runner === runner))
  }

  /** The requests that one turn of the event loop brings go together: what costs a message goes as one, up to a handful. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.settle()
    })
  }

  #sending(call: Call): void {
    for (const ticket of call.tickets) this.#sent.set(ticket.n, ticket)
    if (call.runner.batches) this.#options.observe({ type: 'batch', size: call.tickets.length })
  }

  #done(n: number, computed: number): Ticket | undefined {
    const ticket = this.#sent.get(n)
    const call = ticket?.call
    if (!call) return undefined
    this.#sent.delete(n)
    this.#deadlines.delete(ticket)
    if (--call.left > 0) return ticket
    free(call)
    this.#callTime.add(computed)
    this.#questionTime.add(computed / call.tickets.length)
    return ticket
  }

  #full(): ServeFailure {
    const { queueSize } = this.#options
    const workers = Math.max(1, this.runners.size)
    const milliseconds = ((this.#questionTime.value() ?? 0) * this.waiting) / workers
    const detail = `${queueSize} requests wait already`
    return failure('queue-full', detail, { retryAfter: Math.max(1, Math.ceil(milliseconds / 1000)) })
  }

  #leave(ticket: Ticket): void {
    ticket.fail(failure('cancelled', 'the caller left before the answer'))
    this.#release(ticket, 'cancelled')
  }

  /** The reader of a stream has had enough. */
  #abandon(ticket: Ticket): void {
    ticket.leave()
    this.#release(ticket, 'cancelled')
  }

  /** Ends the work on a ticket whose caller has all there will be. True where nobody works on it. */
  #release(ticket: Ticket, cause: AbortCause): boolean {
    const { call } = ticket
    if (!call) {
      this.#waiting.delete(ticket)
      this.#deadlines.delete(ticket)
      return true
    }
    if (!this.#sent.has(ticket.n)) return true
    call.runner.abort(ticket, cause)
    if (!call.tickets.every(({ isSettled }) => isSettled) || !call.runner.revoke(call)) return false
    this.#takeBack(call)
    return true
  }

  /** Of a call that was revoked: who still waits is served again before all others. */
  #takeBack(call: Call): void {
    call.runner.calls.delete(call)
    for (const ticket of call.tickets) {
      this.#sent.delete(ticket.n)
      ticket.call = undefined
      if (ticket.isSettled) this.#deadlines.delete(ticket)
    }
    this.#waiting.unshift(call.tickets.filter(({ isSettled }) => !isSettled))
  }

  #expire(ticket: Ticket): void {
    const { timeout } = this.#options
    const after = Math.round(performance.now() - ticket.received)
    ticket.fail(failure('timeout', `there was no answer within ${after} ms`))
    if (this.#release(ticket, 'timeout')) return
    // By the server's own limit: a caller in a hurry must not end the work of others.
    const deadline = Math.max(ticket.deadline, ticket.asked + timeout) + grace
    const expire = () => {
      const { call } = ticket
      if (!call || !this.#sent.has(ticket.n)) return
      if (!call.runner.revoke(call)) return call.runner.kill()
      this.#takeBack(call)
      this.settle()
    }
    this.#deadlines.add({ deadline, expire })
  }
}
