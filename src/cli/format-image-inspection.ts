import type { ImageInspection } from '../builders/index.ts'
import type { ImageDescription, LayerDescription } from '../image/index.ts'
import { formatBytes, formatTable } from './format.ts'
import { formatInspection } from './format-inspection.ts'
import type { Style } from './style.ts'

const longestTitle = 60
const filesShown = 5

/** An image for people: how it starts, its layers with what is in them, and the component. */
export function formatImageInspection({ image, artifact }: ImageInspection, style: Style): string {
  const { reference, platform, size, id, digest, created, base, start, layers } = image
  const facts = [
    ['image ID', id],
    ...(digest ? [['digest', digest]] : []),
    ...(created ? [['created', created]] : []),
    ...(base.name ? [['base', [base.name, base.digest].filter(Boolean).join('@')]] : []),
    ['starts', start.entrypoint.join(' ')],
    ['as user', start.user],
    ['ports', start.ports.join(', ') || 'none'],
  ]
  const sections = [
    `${style.bold(reference)}  ${platform}  ${formatBytes(size)} in ${layers.length} layers`,
    ...section('Image', formatTable(facts), style),
    ...section('Layers', layerTable(layers), style),
    ...section('Biggest files', biggestFiles(image), style),
  ]
  if (!artifact)
    return [...sections, '', 'flambe did not make this image: there is no artifact in it'].join('\n')
  return [...sections, '', formatInspection(artifact, style)].join('\n')
}

function layerTable(layers: readonly LayerDescription[]): string {
  const rows = layers.map(({ title, isBase, size, digest, contents }) => [
    isBase ? 'base' : 'flambe',
    formatBytes(size),
    digest.slice(0, 19),
    title.length > longestTitle ? `${title.slice(0, longestTitle - 1)}…` : title,
    contents ? `${contents.files} ${contents.files === 1 ? 'file' : 'files'}` : '',
  ])
  return formatTable(rows, [1])
}

function biggestFiles({ layers }: ImageDescription): string {
  const files = layers.flatMap(({ contents }) => contents?.biggest ?? [])
  const biggest = files.toSorted((a, b) => b.size - a.size).slice(0, filesShown)
  return formatTable(
    biggest.map(({ path, size }) => [formatBytes(size), path]),
    [0],
  )
}

function section(title: string, text: string, style: Style): string[] {
  return text === '' ? [] : ['', style.bold(title), ...text.split('\n').map((line) => `  ${line}`)]
}
