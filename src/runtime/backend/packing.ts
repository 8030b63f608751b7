/**
 * A body on its way to another thread. A small one goes as text, one Latin-1 character a byte: of all that a message can hold
 * that costs least, for there is no buffer to make and to free.
 */
export type PackedBody = string | Uint8Array

/** From this size on a buffer costs less. */
const small = 8192

export type PackOptions = {
  /** Nobody looks at these bytes afterwards, so that a large body need not be copied. */
  readonly own: boolean
  /** What the message moves instead of copying it. */
  readonly moved: ArrayBuffer[]
}

export function pack(body: Uint8Array, options: PackOptions): PackedBody {
  const { buffer, byteOffset, byteLength } = body
  if (byteLength < small) return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
  return carry(body, options)
}

/** Bytes on their way as what they are. */
export function carry(body: Uint8Array, { own, moved }: PackOptions): Uint8Array {
  const { buffer, byteLength } = body
  const bytes = own && byteLength === buffer.byteLength ? body : Uint8Array.from(body)
  if (bytes.buffer instanceof ArrayBuffer) moved.push(bytes.buffer)
  return bytes
}

export function unpack(body: PackedBody): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'latin1') : body
}
