import { type Artifact, type DraftFile, encodeManifest, manifestName } from '../../artifact/index.ts'
import { sha256 } from '../../files/index.ts'
import type { FileEntry, LayerEntry } from './image-plan.ts'

/** A file where it goes in the image, and by what it changes with. */
export type PlacedFile = { readonly part: Part; readonly entry: LayerEntry }

/** `data`: assets and state; the others as the layers are titled. */
export type Part = 'data' | 'dependencies' | 'runtime' | 'component'

/** Where the files of an artifact go: `assets/…` to `/models`, all others to `/app`. */
export function placeFiles({ manifest, files }: Artifact): readonly PlacedFile[] {
  const placed = [...files.values()].map((file) => placeFile(file.path, file))
  const bytes = encodeManifest(manifest)
  const whole: FileEntry = {
    kind: 'file',
    path: `app/${manifestName}`,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    sha256: sha256(bytes),
    source: { kind: 'bytes', chunks: [bytes] },
  }
  const link = {
    kind: 'symlink',
    path: 'app/assets',
    mode: 0o777,
    uid: 0,
    gid: 0,
    target: '/models',
  } as const
  const hasAssets = [...files.keys()].some((path) => path.startsWith(assets))
  const own: LayerEntry[] = hasAssets ? [link, whole] : [whole]
  return [...placed, ...own.map((entry): PlacedFile => ({ part: 'component', entry }))]
}

/** Where one file goes. */
export function placeFile(
  path: string,
  { size, sha256, executable, source }: Content,
): PlacedFile & { readonly entry: FileEntry } {
  const at = path.startsWith(assets) ? `models/${path.slice(assets.length)}` : `app/${path}`
  const mode = executable ? 0o755 : 0o644
  const digest = sha256 !== undefined && { sha256 }
  return {
    part: partOf(path),
    entry: { kind: 'file', path: at, mode, uid: 0, gid: 0, size, ...digest, source },
  }
}

/** A file of an artifact, or of one that is about to be: then its digest is not known yet. */
type Content = DraftFile & { readonly sha256?: string }

const assets = 'assets/'

/** What a file of an artifact changes with. */
export function partOf(path: string): Part {
  if (path.startsWith(assets) || path.endsWith('.safetensors')) return 'data'
  return /^code\/[^/]+\/(node_modules|files)\//.test(path) ? 'dependencies' : 'component'
}
