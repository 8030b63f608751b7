import type { Tensor } from './tensor.ts'

/**
 * A tensor's numbers as a Float32Array: exact for F16 and BF16, which JavaScript has no array for everywhere,
 * rounded for F64 and large integers.
 * @throws TypeError for 8-bit floating point, which needs a scale that the tensor alone does not tell.
 */
export function toFloat32({ data, dtype }: Tensor): Float32Array {
  if (dtype === 'F16') return fromBits(data, bitsOfHalf)
  if (dtype === 'BF16') return fromBits(data, (bits) => bits << 16)
  if (dtype === 'F8_E4M3' || dtype === 'F8_E5M2') {
    throw new TypeError(`toFloat32 does not take ${dtype}: it needs the scale that it was quantised with`)
  }
  if (data instanceof Float32Array) return data
  return data instanceof BigInt64Array || data instanceof BigUint64Array
    ? Float32Array.from(data, Number)
    : Float32Array.from(data)
}

function fromBits(data: Tensor['data'], convert: (bits: number) => number): Float32Array {
  const bits = new Uint32Array(data.length)
  for (let index = 0; index < bits.length; index++) bits[index] = convert(Number(data[index]))
  return new Float32Array(bits.buffer)
}

/** IEEE 754 binary16 -> the bits of the same number in binary32. */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13)
  if (exponent !== 0) return sign | ((exponent + 112) << 23) | (fraction << 13)
  if (fraction === 0) return sign
  // A subnormal half is a normal number there: its leading one moves to where it is implied.
  const shift = Math.clz32(fraction) - 21
  return sign | ((113 - shift) << 23) | ((fraction << (shift + 13)) & 0x7fffff)
}
