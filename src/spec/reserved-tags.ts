const experiment = 'options are only valid in an Experiment, and this tool builds and ships what was trained'

/** Tags of the original that belong to experiments, and why they are refused here. */
export const refusedTags: Readonly<Record<string, string>> = {
  g: experiment,
  s: experiment,
  GridSearchOptions: experiment,
  'GridSearchOptions.from_sequence': experiment,
  SampledUniformSearchOptions: experiment,
  Experiment: 'experiments are not run here: train the model first, and build from what was saved',
  cluster: 'clusters belong to an Experiment, which is not run here',
  call: 'a link that calls (!call) is not supported: link to the object with !@ and call it in your code',
  $: 'pickled links belong to artifacts of the original: save plain data instead',
}

/** Tags of links; `@` is how they are written. */
export const linkTags = ['@', 'link']

/** What `!!` may stand before: https://yaml.org/type/ */
export const standardTags = [
  'str',
  'int',
  'float',
  'bool',
  'null',
  'map',
  'seq',
  'set',
  'omap',
  'pairs',
  'binary',
  'timestamp',
  'merge',
]
