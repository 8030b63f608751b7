import { type DraftCode, draftArtifact, writeArtifact } from '../../src/artifact/index.ts'
import {
  type ComponentConfig,
  type ComponentObject,
  type Constructible,
  construct,
  isComponent,
} from '../../src/construct/index.ts'
import { HashCache } from '../../src/files/index.ts'
import { Component } from '../../src/index.ts'

export class Leaf extends Component {
  static override readonly version = '1.0.0'
  static override readonly state = ['weight']
  weight: Float32Array
  constructor({ size = 2 }: { size?: number } = {}) {
    super()
    this.weight = new Float32Array(size)
  }
}

export class Engine extends Component {
  static override readonly version = '1.2.0'
  readonly model: Leaf
  readonly extras: readonly Leaf[]
  readonly table: Readonly<Record<string, Leaf>>
  readonly made = new Leaf({ size: 1 })
  readonly file: string | undefined
  constructor({
    model,
    extras = [],
    table = {},
    file,
  }: { model: Leaf; extras?: Leaf[]; table?: Record<string, Leaf>; file?: string }) {
    super()
    this.model = model
    this.extras = extras
    this.table = table
    this.file = file
  }
  predict({ x }: { x: number }) {
    return { y: x * (this.model.weight[0] ?? 0) }
  }
}

/** The same classes as compiled code of an extension. */
const source = `import { Component } from 'flambe'
export class Leaf extends Component {
  static version = '1.0.0'
  static state = ['weight']
  constructor({ size = 2 } = {}) { super(); this.weight = new Float32Array(size) }
}
export class Engine extends Component {
  static version = '1.2.0'
  made = new Leaf({ size: 1 })
  constructor({ model, extras = [], table = {}, file }) { super(); Object.assign(this, { model, extras, table, file }) }
  predict({ x }) { return { y: x * this.model.weight[0] } }
}
`

export const code: ReadonlyMap<string, DraftCode> = new Map([
  [
    'ext',
    {
      code: { entry: 'code/ext/index.js', location: './ext' },
      classes: {
        Leaf: { version: '1.0.0', source: 'a' },
        Engine: { version: '1.2.0', source: 'b', predict: { input: true, output: true } },
      },
      files: new Map([
        ['code/ext/index.js', textFile(source)],
        ['code/ext/package.json', textFile('{"type":"module"}')],
      ]),
      dependencies: [],
    },
  ],
])

const types = new Map<string, Constructible>(Object.entries({ 'ext.Leaf': Leaf, 'ext.Engine': Engine }))

export const leafConfig = (size: number, id?: string): ComponentConfig => ({
  $type: 'ext.Leaf',
  ...(id && { $id: id }),
  args: { size },
})

export const engineConfig = (more: ComponentConfig['args'] = {}): ComponentConfig => ({
  $type: 'ext.Engine',
  args: {
    model: leafConfig(2),
    extras: [leafConfig(1), leafConfig(3)],
    table: { a: leafConfig(4) },
    ...more,
  },
})

/** An engine whose leaves hold numbers of their own, so that a mix-up shows. */
export async function buildEngine(config = engineConfig()): Promise<Engine> {
  const engine = (await construct(config, {
    types,
  })) as Engine
  const leaves = [engine.model, ...engine.extras, ...Object.values(engine.table), engine.made]
  for (const [index, leaf] of leaves.entries()) leaf.weight.fill(index + 1)
  return engine
}

export async function writeEngine(
  destination: string,
  {
    config,
    ...options
  }: { config?: ComponentConfig; force?: boolean; compress?: boolean; hashCache?: HashCache } = {},
) {
  const component: ComponentObject = await buildEngine(config)
  if (!isComponent(component)) throw new Error('no component')
  const draft = await draftArtifact(component, {
    name: 'engine',
    code,
    spec: '# the spec\n!B\n',
    configText: '!ext.Engine\n',
  })
  return writeArtifact(draft, destination, { hashCache: HashCache.none(), ...options })
}

export function textFile(text: string) {
  const bytes = new TextEncoder().encode(text)
  return { source: { kind: 'bytes', chunks: [bytes] }, size: bytes.length } as const
}
