import type { ImageReport, ReportedImage, ReportedLayer } from '../builders/index.ts'
import { formatBytes, formatTable } from './format.ts'
import type { Style } from './style.ts'

const mostNames = 3

/** The layers of an image that would be made, top last, and what would be sent and why. */
export function formatImageReport({ images, tags, digest, bytesSent }: ImageReport, style: Style): string {
  const blocks = images.map((image) => formatOne(image, style))
  const sent = bytesSent === 0 ? 'nothing would be sent' : `${formatBytes(bytesSent)} would be sent`
  return [...blocks, `${tags.join(', ')}\n${digest}\n${sent}`].join('\n\n')
}

function formatOne({ platform, base, layers }: ReportedImage, style: Style): string {
  const total = layers.reduce((sum, { size }) => sum + size, 0)
  const rows = layers.map((layer) => [
    [layer.title, layer.detail].filter(Boolean).join(' '),
    formatBytes(layer.size),
    layer.digest.slice(0, 19),
    layer.bytesToSend ? `send ${formatBytes(layer.bytesToSend)}` : 'exists',
    whyOf(layer),
  ])
  const title = [platform, formatBytes(total), base.name && `on ${base.name}`].filter(Boolean).join('  ')
  const head = ['layer', 'size', 'digest', '', '']
  const [first = '', ...lines] = formatTable([head, ...rows], [1]).split('\n')
  return [style.bold(title), style.dim(first), ...lines].join('\n')
}

function whyOf({ changed, files }: ReportedLayer): string {
  if (!changed) return files === undefined ? '' : `${files} ${files === 1 ? 'file' : 'files'}`
  const all = [
    ...changed.changed.map((path) => `${path} changed`),
    ...changed.added.map((path) => `${path} is new`),
    ...changed.removed.map((path) => `${path} is gone`),
  ]
  const more = all.length > mostNames ? [`${all.length - mostNames} more`] : []
  return [...all.slice(0, mostNames), ...more].join(', ')
}
