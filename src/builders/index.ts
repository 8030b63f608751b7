export { Builder, type BuilderArguments, builderParameters } from './builder.ts'
export { type OpenedComponent, openComponent } from './open-component.ts'
export { type OpenedPredictor, openPredictor } from './open-predictor.ts'
export { builtins, type RunSpecOptions, runSpec } from './run-spec.ts'
