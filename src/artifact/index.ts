export type { Artifact, ArtifactFile, Draft, DraftFile, FileSource } from './artifact.ts'
export { askUrl } from './ask-url.ts'
export { archivePath, checkDestination } from './destination.ts'
export { type DraftCode, type DraftOptions, draftArtifact } from './draft.ts'
export { keptDirectory } from './kept-directory.ts'
export { type LoadOptions, load, loadArtifact } from './load.ts'
export {
  type ClassEntry,
  type CodeEntry,
  type DependencyEntry,
  type FileEntry,
  type Manifest,
  manifestFormat,
  manifestName,
  type NodeEntry,
  type Platform,
  type PredictEntry,
} from './manifest.ts'
export { neededFiles } from './needed.ts'
export { type OpenedArtifact, type OpenOptions, openArtifact } from './open.ts'
export { encodeManifest, isPart, parseManifest } from './parse-manifest.ts'
export { placeArtifact } from './place.ts'
export { assertPlatform, hostPlatform } from './platform.ts'
export { type SaveOptions, save } from './save.ts'
export { sealArtifact } from './seal.ts'
export { importCompiled, mapUserModules } from './user-modules.ts'
export { inputValidator } from './validators.ts'
export { verifyArtifact } from './verify.ts'
export { type WriteArtifactOptions, writeArtifact } from './write.ts'
