import type { InspectedComponent, Inspection } from '../builders/index.ts'
import { formatBytes, formatTable } from './format.ts'
import type { Style } from './style.ts'

const filesShown = 15

/** An inspection for people: the components as a tree, then schemas, dependencies and files. */
export function formatInspection(inspection: Inspection, style: Style): string {
  const { name, flambe, platform, files, size, dependencies } = inspection
  const where = platform
    ? `, for ${[platform.os, platform.arch, platform.libc].filter(Boolean).join('/')}`
    : ''
  const sections = [
    `${style.bold(name)}  ${formatBytes(size)} in ${files.length} files${where}, written by flambe ${flambe}`,
    ...section(
      'Components',
      inspection.components.map((one) => componentLine(one, pathsOf(inspection))),
      style,
    ),
    ...section('Answers', schemaLines(inspection), style),
    ...section(
      'Dependencies',
      dependencies.map(
        ({ name: one, version, license }) => `${one} ${version}${license ? `  ${license}` : ''}`,
      ),
      style,
    ),
    ...section('Files', fileLines(inspection), style),
  ]
  return sections.join('\n')
}

function section(title: string, lines: readonly string[], style: Style): string[] {
  if (lines.length === 0) return []
  return ['', style.bold(title), ...lines.flatMap((line) => line.split('\n')).map((line) => `  ${line}`)]
}

const pathsOf = ({ components }: Inspection) => components.map(({ path }) => path)

/** Below the component that holds it, by the way from there: through attributes, lists and mappings. */
function componentLine(
  { path, type, version, same, tensors, values }: InspectedComponent,
  paths: readonly string[],
): string {
  const holders = paths.filter((one) => one !== path && (one === '' || path.startsWith(`${one}/`)))
  const nearest = holders.reduce((longest, one) => (one.length > longest.length ? one : longest), '')
  const indent = '  '.repeat(holders.length)
  const way = path.slice(nearest === '' ? 0 : nearest.length + 1).replaceAll('/', '.')
  const label = way === '' ? '' : `${way}: `
  const told = version === '0.0.0' ? type : `${type} ${version}`
  if (same !== undefined) return `${indent}${label}${type}, the same as ${same || 'the root'}`
  const state = [
    ...tensors.map(({ name, dtype, shape }) => `${indent}  ${name} ${dtype} [${shape.join(', ')}]`),
    ...(values ? [`${indent}  and values as JSON`] : []),
  ]
  return [`${indent}${label}${told}`, ...state].join('\n')
}

function schemaLines({ components, classes }: Inspection): string[] {
  const root = components.find(({ path }) => path === '')
  const predict = classes[root?.type ?? '']?.predict
  if (!predict) return []
  const output = predict.stream ? 'output (each item)' : 'output'
  return [`input  ${JSON.stringify(predict.input)}`, `${output} ${JSON.stringify(predict.output)}`]
}

function fileLines({ files }: Inspection): string[] {
  const largest = files.toSorted((a, b) => b.size - a.size || (a.path < b.path ? -1 : 1))
  const shown = largest.slice(0, filesShown).map(({ path, size }) => [formatBytes(size), path])
  const rest = files.length - shown.length
  return [formatTable(shown, [0]), ...(rest > 0 ? [`and ${rest} smaller ones (--json lists all)`] : [])]
}
