import { createHash } from 'node:crypto'
import { folder } from './folder.ts'

/** A folder that is an artifact of these files, and of no code: for what only carries artifacts about. */
export function bareArtifact(files: Readonly<Record<string, Uint8Array>>): string {
  const entries = Object.entries(files).map(([path, bytes]) => ({
    path,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }))
  const manifest = {
    format: 1,
    flambe: '0.1.0',
    name: 'bare',
    nodes: { '': { type: 'None', version: '1.0.0' } },
    classes: {},
    code: {},
    dependencies: [],
    files: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)),
  }
  return folder({ ...files, 'flambe.json': `${JSON.stringify(manifest, null, 2)}\n` })
}

/** So many bytes, no two megabytes of which are alike. */
export function unlikeBytes(size: number): Uint8Array {
  const bytes = Buffer.alloc(size)
  for (let position = 0; position + 4 <= size; position += 4096) bytes.writeUInt32LE(position, position)
  return bytes
}
