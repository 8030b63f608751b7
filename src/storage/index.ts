export { load, type OpenLocationOptions, openLocation } from './open-location.ts'
export { openStorage, type StorageKind, storageKinds } from './open-storage.ts'
export type { S3Options } from './s3/options.ts'
export type { OpenOptions, Storage, Stored, WriteOptions } from './storage.ts'
