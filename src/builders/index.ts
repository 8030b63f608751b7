export { Builder, type BuilderArguments, builderParameters } from './builder.ts'
export {
  type CacheUsage,
  listCache,
  type Pruned,
  type PruneOptions,
  pruneCache,
  type Verified,
  verifyCache,
} from './cache/index.ts'
export { type CopiedArtifact, type CopyArtifactOptions, copyArtifact } from './copy-artifact.ts'
export {
  type DockerArguments,
  DockerBuilder,
  type DockerOptions,
  type ImageReport,
  type ReportedImage,
  type ReportedLayer,
} from './docker/index.ts'
export { type DoctorOptions, examine, type Finding } from './doctor.ts'
export {
  type ImageInspection,
  type ImageOptions,
  inspectImage,
  openImagePredictor,
  type Target,
  targetOf,
} from './images/index.ts'
export { type InspectedComponent, type InspectedTensor, type Inspection, inspectArtifact } from './inspect.ts'
export { type OpenedComponent, openComponent } from './open-component.ts'
export { type OpenedPredictor, openPredictor } from './open-predictor.ts'
export { builtins, type RunSpecOptions, runSpec } from './run-spec.ts'
export { type ServeComponentOptions, serveComponent } from './serve-component.ts'
export { describeSpec, specSchema } from './spec-schema.ts'
