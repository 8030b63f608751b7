// Runs commands as a person would, and draws what the terminal shows as docs/terminal.svg:
//   node scripts/record.ts
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'

const commands = [
  'flambe build --docker --base host --output engine.oci examples/breast-cancer/spec.yaml',
  'flambe predict examples/breast-cancer/spec.yaml --input row.json',
]

const palette: Readonly<Record<string, string>> = {
  '31': '#ff7b72',
  '32': '#7ee787',
  '33': '#e3b341',
  '36': '#79c0ff',
  '2': '#8b949e',
}
const ground = '#0d1117'
const ink = '#e6edf3'
const line = { height: 20, width: 8.43, left: 20, top: 52, size: 14 }

type Span = { readonly text: string; readonly color: string; readonly bold: boolean }

const root = join(import.meta.dirname, '..')
const place = mkdtempSync(join(tmpdir(), 'flambe-record-'))
try {
  symlinkSync(join(root, 'examples'), join(place, 'examples'))
  const [row] = JSON.parse(
    readFileSync(join(root, 'examples/breast-cancer/data/breast-cancer-samples.json'), 'utf8'),
  )
  writeFileSync(join(place, 'row.json'), JSON.stringify({ features: row.features }))
  const lines = commands.flatMap((command) => [[prompt(command)].flat(), ...shown(command), []])
  writeFileSync(join(root, 'docs', 'terminal.svg'), draw(lines))
} finally {
  rmSync(place, { recursive: true, force: true })
}

function prompt(command: string): Span[] {
  return [
    { text: '$ ', color: palette['32'] ?? ink, bold: true },
    { text: command, color: ink, bold: true },
  ]
}

/** What the command prints, on both streams in their order. */
function shown(command: string): Span[][] {
  const path = [
    join(root, 'node_modules', '.bin'),
    join(root, 'bin'),
    dirname(process.execPath),
    process.env['PATH'],
  ]
  const script = command.replace(/^flambe/, `node ${join(root, 'bin', 'run.js')}`)
  const { stdout } = spawnSync('bash', ['-c', `${script} 2>&1`], {
    cwd: place,
    encoding: 'utf8',
    env: { ...process.env, PATH: path.join(delimiter), FORCE_COLOR: '1' },
  })
  return stdout.trimEnd().replaceAll(`${place}/`, '').split('\n').map(spansOf)
}

/** The line's parts by their SGR codes. https://www.ecma-international.org/publications-and-standards/standards/ecma-48 */
function spansOf(text: string): Span[] {
  const spans: Span[] = []
  let [color, bold] = [ink, false]
  for (const [index, part] of text.split('\u001b[').entries()) {
    const end = index === 0 ? -1 : part.indexOf('m')
    for (const code of end < 0 ? [] : part.slice(0, end).split(';')) {
      if (code === '1') bold = true
      else if (code === '0' || code === '39' || code === '22') [color, bold] = [ink, false]
      else color = palette[code] ?? color
    }
    spans.push({ text: part.slice(end + 1), color, bold })
  }
  return spans.filter(({ text }) => text !== '')
}

function draw(lines: readonly (readonly Span[])[]): string {
  const columns = Math.max(...lines.map((spans) => spans.reduce((sum, { text }) => sum + text.length, 0)))
  const width = Math.ceil(columns * line.width + 2 * line.left)
  const height = line.top + lines.length * line.height
  const dots = ['#ff5f57', '#febc2e', '#28c840'].map(
    (color, index) => `<circle cx="${22 + index * 20}" cy="20" r="6" fill="${color}"/>`,
  )
  const texts = lines.map((spans, index) => {
    const parts = spans.map(
      ({ text, color, bold }) =>
        `<tspan fill="${color}"${bold ? ' font-weight="bold"' : ''}>${xmlText(text)}</tspan>`,
    )
    return `<text x="${line.left}" y="${line.top + index * line.height}" xml:space="preserve">${parts.join('')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="${line.size}">
<title>flambe in a terminal</title>
<rect width="100%" height="100%" rx="10" fill="${ground}"/>
${dots.join('')}
${texts.join('\n')}
</svg>
`
}

function xmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
