export { type AssembleOptions, assembleImage } from './assemble/assemble-image.ts'
export { assembleIndex } from './assemble/assemble-index.ts'
export { type BaseOptions, baseLibc, openBase, openLocalImage } from './base/index.ts'
export { describeImage } from './describe/describe-image.ts'
export type {
  DescribedImage,
  ImageDescription,
  LayerContents,
  LayerDescription,
} from './describe/description.ts'
export { archiveBytes } from './engine/archive.ts'
export {
  beginLoad,
  type ContainerOptions,
  describeEngineImage,
  type Engine,
  type FindOptions,
  type FoundEngine,
  findEngine,
  type LoadOptions,
  type LoadRequest,
  loadIntoEngine,
  openEngine,
  planLoad,
  platformInEngine,
  type RunningContainer,
  startContainer,
} from './engine/index.ts'
export type { Base, Blob, Descriptor, Image, ImageIndex, ImagePlatform, Layer, Receipt } from './image.ts'
export { type CreateLayerOptions, createLayer } from './layer/create-layer.ts'
export { beginLayers, type LayerAhead, type LayersAhead } from './layer/layers-ahead.ts'
export { pushFile } from './layout/push-file.ts'
export { type WriteArchiveOptions, writeArchive } from './layout/write-archive.ts'
export { isLayout, presentInLayout, type WriteLayoutOptions, writeLayout } from './layout/write-layout.ts'
export type { ImageFacts } from './plan/image-labels.ts'
export type {
  Compression,
  ContainerConfig,
  DirectoryEntry,
  FileEntry,
  ImagePlan,
  LayerEntry,
  LayerPlan,
  LayerTitle,
  SymlinkEntry,
} from './plan/image-plan.ts'
export { type PlanImageOptions, planImage, type RuntimeFile } from './plan/plan-image.ts'
export {
  type CopyOptions,
  checkAccess,
  choosePlatform,
  copyImage,
  type Environment,
  formatPlatform,
  formatReference,
  hostPlatform,
  isPlatform,
  type Login,
  type PlannedBlob,
  type PlannedTag,
  type PullOptions,
  type PushOptions,
  type PushPlan,
  parseReference,
  planPush,
  pullImage,
  pushImage,
  type Reference,
  type RegistryOptions,
} from './registry/index.ts'
