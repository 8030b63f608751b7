import { createHash, type Hash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort } from 'node:worker_threads'
import { codeOf } from './failure.ts'
import type { FromHasher, ToHasher } from './threads/hasher.ts'

// The thread of `threads/hasher.ts`: hashes files from their start to as far as it is told that they have grown.

type Growing = { readonly descriptor: number; readonly hash: Hash; position: number }

const block = Buffer.allocUnsafeSlow(1024 ** 2)
const nothing = new Uint8Array()
const files = new Map<number, Growing>()

parentPort?.on('message', (message: ToHasher) => {
  const { id, path, end, isWhole, before = nothing, after = nothing } = message
  try {
    const file = files.get(id) ?? {
      descriptor: openSync(path, 'r'),
      hash: createHash('sha256').update(before),
      position: 0,
    }
    files.set(id, file)
    hashUpTo(end, file)
    if (!isWhole) return
    forget(id)
    answer({ id, sha256: file.hash.update(after).digest('hex') })
  } catch (cause) {
    forget(id)
    const error = cause instanceof Error ? cause : new Error(String(cause))
    answer({ id, error, code: codeOf(error) })
  }
})

function forget(id: number): void {
  const file = files.get(id)
  files.delete(id)
  if (file) closeSync(file.descriptor)
}

function hashUpTo(end: number, file: Growing): void {
  while (file.position < end) {
    const length = Math.min(block.length, end - file.position)
    const count = readSync(file.descriptor, block, 0, length, file.position)
    if (count === 0) throw new Error(`it ends at byte ${file.position} of ${end}`)
    file.hash.update(block.subarray(0, count))
    file.position += count
  }
}

function answer(message: FromHasher): void {
  parentPort?.postMessage(message)
}
