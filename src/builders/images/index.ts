export type { ImageOptions } from './find-image.ts'
export { type ImageInspection, inspectImage } from './inspect-image.ts'
export { openImagePredictor } from './predict-image.ts'
export { type Target, targetOf } from './target.ts'
