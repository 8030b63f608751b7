/** Bodies on their way to another thread: small ones together in one buffer, each known by its length there. */
export type PackedBody = number | Uint8Array

/** From this size on a body is worth a buffer of its own. */
const small = 32_768

/** Gathers the bodies of one message. */
export type Packer = {
  /** `own`: nobody looks at these bytes afterwards, so that a large body need not be copied. */
  readonly add: (body: Uint8Array, options: { readonly own: boolean }) => PackedBody
  /** The buffer of the small ones, and what the message moves instead of copying it. */
  readonly finish: () => { readonly packed: Uint8Array; readonly moved: readonly ArrayBuffer[] }
}

export function createPacker(): Packer {
  const bodies: Uint8Array[] = []
  const moved: ArrayBuffer[] = []
  return {
    add: (body, { own }) => {
      if (body.byteLength < small) {
        bodies.push(body)
        return body.byteLength
      }
      const whole = own && body.byteLength === body.buffer.byteLength
      const bytes = whole ? body : Uint8Array.from(body)
      if (bytes.buffer instanceof ArrayBuffer) moved.push(bytes.buffer)
      return bytes
    },
    finish: () => {
      const packed = new Uint8Array(bodies.reduce((sum, { byteLength }) => sum + byteLength, 0))
      let at = 0
      for (const body of bodies) {
        packed.set(body, at)
        at += body.byteLength
      }
      return { packed, moved: [...moved, packed.buffer] }
    },
  }
}

/** Takes the bodies of a message out again, in the order in which they were added. */
export function createUnpacker(packed: Uint8Array): (body: PackedBody) => Uint8Array {
  let at = 0
  return (body) => {
    if (typeof body !== 'number') return body
    const bytes = packed.subarray(at, at + body)
    at += body
    return bytes
  }
}
