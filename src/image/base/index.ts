export { baseLibc } from './base-libc.ts'
export { openLocalImage } from './local/local-image.ts'
export { openBase } from './open-base.ts'
export type { BaseOptions } from './options.ts'
