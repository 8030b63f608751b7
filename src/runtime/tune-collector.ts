/**
 * Fits V8's garbage collector to a server, whose requests leave next to nothing behind. On Node's command line, or before the code is loaded,
 * these flags would have V8 take none of the code that lies compiled already: a start would take some milliseconds more.
 */
export function tuneCollector(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  // By the first requests V8 may come to believe that some of what they make lives long, and make that old at once: then each old one keeps
  // young ones alive until a full collection, and all requests take longer from then on. One start is so, and the next is not.
  setFlagsFromString('--no-allocation-site-pretenuring')
  // Node gives V8 four threads to help, however many cores there are. Where serving and computing need those, the help costs more
  // than the little that there is to collect.
  if (process.getBuiltinModule('node:os').availableParallelism() <= 2)
    setFlagsFromString('--no-parallel-scavenge')
}
