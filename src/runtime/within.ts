/** True when work has ended, well or not, within so many milliseconds. */
export function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), milliseconds)
  const done = () => {
    clearTimeout(timer)
    resolve(true)
  }
  work.then(done, done)
  return promise
}
