export { openStorage, type StorageKind, storageKinds } from './open-storage.ts'
export type { OpenOptions, Storage, Stored, WriteOptions } from './storage.ts'
