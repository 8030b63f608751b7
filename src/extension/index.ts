export type { Extension, ExtensionPack } from './extension.ts'
