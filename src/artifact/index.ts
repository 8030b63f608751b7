export type { Artifact, ArtifactFile, Draft, DraftFile, FileSource } from './artifact.ts'
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
