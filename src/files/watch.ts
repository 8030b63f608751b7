import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

/** Files that are watched until they are let go. */
export type Watching = {
  /** Watches these files from now on. */
  readonly set: (files: readonly string[]) => void
  readonly close: () => void
}

/** What editors leave beside the file that is edited. */
const passing = /^(\.|#)|~$|\.(tmp|swp|swx)$|^4913$/

/**
 * Calls `changed` a moment after something changed in the folders of `files`: by their folders, since many editors put a
 * new file in the old one's place, and since a file that was missing may come.
 */
export function watchFiles(
  files: readonly string[],
  changed: () => void,
  {
    quiet = 80,
  }: { /** Milliseconds without a change that end a burst of them. */ readonly quiet?: number } = {},
): Watching {
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  const touch = (_: string, name: string | null) => {
    if (name !== null && passing.test(name)) return
    clearTimeout(timer)
    timer = setTimeout(changed, quiet)
  }
  const set = (wanted: readonly string[]) => {
    const folders = new Set(wanted.map((file) => dirname(file)))
    for (const [folder, watcher] of watchers) {
      if (folders.has(folder)) continue
      watcher.close()
      watchers.delete(folder)
    }
    for (const folder of folders) {
      if (watchers.has(folder)) continue
      // A folder that goes away tells so by an event, and has nothing more to tell.
      watchers.set(
        folder,
        watch(folder, touch).on('error', () => watchers.delete(folder)),
      )
    }
  }
  set(files)
  return {
    set,
    close: () => {
      clearTimeout(timer)
      for (const watcher of watchers.values()) watcher.close()
    },
  }
}
