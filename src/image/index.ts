export type { Blob, Descriptor, Image, ImagePlatform, Layer, Receipt } from './image.ts'
