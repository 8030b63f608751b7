/** Files under one root: a folder, or a tar that is read where it lies. */
export type FileSet = {
  /** For people. */
  readonly name: string
  /** Bytes; undefined for what is not there. */
  readonly size: (path: string) => Promise<number | undefined>
  readonly open: (
    path: string,
    options?: { readonly start?: number; readonly signal?: AbortSignal },
  ) => AsyncIterable<Uint8Array>
}

/** A small file; undefined for one that is not there, or far too large for what it should be. */
export async function readSmall(files: FileSet, path: string): Promise<Buffer | undefined> {
  const size = await files.size(path)
  if (size === undefined || size > 2 ** 24) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of files.open(path)) chunks.push(chunk)
  return Buffer.concat(chunks)
}
