import { Alias, Document, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml'
import {
  type ComponentConfig,
  type Config,
  isComponentConfig,
  isFileConfig,
  isLinkConfig,
  isMapping,
  isRefConfig,
  isValueConfig,
  unescapeKey,
} from '../construct/index.ts'

/** A config as YAML with tags, anchors and links: what `parseSpec` would read again, under a Runnable's key. */
export function stringifyConfig(
  config: ComponentConfig,
  { extensions = {} }: { readonly extensions?: Readonly<Record<string, string>> } = {},
): string {
  const document = new Document()
  document.contents = nodeOf(config, new Map()) as typeof document.contents
  const body = document.toString({ lineWidth: 110 })
  if (Object.keys(extensions).length === 0) return body
  return `${new Document(extensions).toString({ lineWidth: 110 })}---\n${body}`
}

/** Anchors that YAML takes, in the order of their use. */
type Anchors = Map<string, string>

function nodeOf(config: Config, anchors: Anchors): Node {
  if (Array.isArray(config)) {
    const list = new YAMLSeq()
    list.items = config.map((item) => nodeOf(item, anchors))
    return list
  }
  if (!isMapping(config)) return new Scalar(config)
  if (isComponentConfig(config)) return componentNode(config, anchors)
  if (isRefConfig(config)) return new Alias(anchorOf(config.$ref, anchors))
  if (isLinkConfig(config)) return tagged(new Scalar(config.$link), '!@')
  if (isFileConfig(config)) return tagged(new Scalar(config.$file), '!file')
  if (isValueConfig(config))
    return new Scalar(config.$value === 'bigint' ? BigInt(config.text) : Number(config.text))
  return mappingNode(config, anchors)
}

function componentNode({ $type, $factory, $id, args }: ComponentConfig, anchors: Anchors): Node {
  const node = mappingNode(args, anchors)
  node.tag = `!${$type}${$factory === undefined ? '' : `.${$factory}`}`
  if ($id !== undefined) node.anchor = anchorOf($id, anchors)
  return node
}

function mappingNode(config: { readonly [key: string]: Config }, anchors: Anchors): YAMLMap {
  const node = new YAMLMap()
  const entries = Object.entries(config)
  node.items = entries.map(([key, item]) => new Pair(new Scalar(unescapeKey(key)), nodeOf(item, anchors)))
  // YAML has no other way to write an empty mapping.
  node.flow = entries.length === 0
  return node
}

function anchorOf(id: string, anchors: Anchors): string {
  const known = anchors.get(id) ?? `id${anchors.size + 1}`
  anchors.set(id, known)
  return known
}

function tagged(node: Scalar, tag: string): Node {
  node.tag = tag
  return node
}
