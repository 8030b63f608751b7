import { join } from 'node:path'
import { draftArtifact, type PredictEntry, writeArtifact } from '../../src/artifact/index.ts'
import { type Constructible, construct, isComponent } from '../../src/construct/index.ts'
import { HashCache } from '../../src/files/index.ts'
import { Component } from '../../src/index.ts'
import type { Question } from '../../src/runtime/exchange.ts'
import { folder } from './folder.ts'

class Engine extends Component {}

const types = new Map<string, Constructible>([['ext.Engine', Engine]])

/** An artifact whose component is the class `Engine` of this code, in a temporary folder. */
export async function artifactOf(
  body: string,
  described: Partial<PredictEntry> & { readonly before?: string } = {},
): Promise<string> {
  const { before = '', ...predict } = described
  const source = `import { Component } from 'flambe'\n${before}\nexport class Engine extends Component {\n${body}\n}\n`
  const component = await construct({ $type: 'ext.Engine', args: {} }, { types })
  if (!isComponent(component)) throw new Error('no component')
  const draft = await draftArtifact(component, {
    name: 'engine',
    spec: '# the spec\n!B\n',
    configText: '!ext.Engine\n',
    code: new Map([
      [
        'ext',
        {
          code: { entry: 'code/ext/index.js', location: './ext' },
          classes: {
            Engine: { version: '0.0.0', source: 'a', predict: { input: true, output: true, ...predict } },
          },
          files: new Map([
            ['code/ext/index.js', textFile(source)],
            ['code/ext/package.json', textFile('{"type":"module"}')],
          ]),
          dependencies: [],
        },
      ],
    ]),
  })
  const destination = join(folder(), 'artifact')
  await writeArtifact(draft, destination, { hashCache: HashCache.none() })
  return destination
}

let last = 0

/** A question in JSON. */
export function question(value: unknown, more: Partial<Question> = {}): Question {
  return {
    id: `q${++last}`,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify(value)),
    stream: false,
    ...more,
  }
}

function textFile(text: string) {
  const bytes = new TextEncoder().encode(text)
  return { source: { kind: 'bytes', chunks: [bytes] }, size: bytes.length } as const
}
