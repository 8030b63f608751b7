import type { JsonSchema } from '../../construct/index.ts'
import { serveSchema } from '../../runtime/index.ts'

/** `gcr.io/distroless` carries no shell and no package manager, and is rebuilt when a library in it is mended. */
export const defaultBase = 'gcr.io/distroless/nodejs24-debian13:nonroot'

const host = '(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[0-9a-fA-F:]+\\])(?::\\d{1,5})?/)?'
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'

/** What is checked where it stands, in the spec; `parseReference` has the last word. */
const reference: JsonSchema = {
  type: 'string',
  pattern: `^${host}${part}(?:/${part})*(?::[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127})?$`,
  'x-flambe-accepts': 'a name and tag such as me/app:v1, in lower case',
}

const scalar: JsonSchema = { type: ['string', 'number', 'boolean'] }

export const patterns = {
  label: '^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?$',
  variable: '^[A-Za-z_][A-Za-z0-9_.-]*$',
  user: '^(?:\\d+|[a-z_][a-z0-9_-]*)(?::(?:\\d+|[a-z_][a-z0-9_-]*))?$',
  platform: '^linux/[a-z0-9]+(?:/v\\d+)?(?:,linux/[a-z0-9]+(?:/v\\d+)?)*$',
} as const

/** What `!DockerBuilder` takes in a spec. */
export const dockerBuilderParameters: JsonSchema = {
  type: 'object',
  properties: {
    component: {
      description: 'The component to build: a tag of an extension.',
      'x-flambe-class': 'Component',
    },
    image: {
      description: 'Name and tag of the image, or several.',
      anyOf: [reference, { type: 'array', items: reference, minItems: 1 }],
    },
    base: {
      description:
        'What the image is put on: a reference in a registry, host, oci:DIR, docker-archive:FILE or dockerfile:PATH.',
      type: 'string',
      minLength: 1,
      default: defaultBase,
    },
    buildArgs: {
      description: 'Build arguments of a base that is built (dockerfile:PATH).',
      type: 'object',
      propertyNames: { pattern: patterns.variable },
      additionalProperties: scalar,
    },
    platform: {
      description: 'Platform, or several with commas between.',
      type: 'string',
      pattern: patterns.platform,
      'x-flambe-accepts': 'linux/ARCHITECTURE such as linux/arm64, or several with commas between',
    },
    output: {
      description: 'A folder for an OCI layout, FILE.tar, or docker for the engine.',
      type: 'string',
      minLength: 1,
    },
    push: { description: 'Push it to the registries of its names.', type: 'boolean', default: false },
    labels: {
      description: 'Labels beside those that flambe gives.',
      type: 'object',
      propertyNames: {
        pattern: patterns.label,
        'x-flambe-accepts': 'letters, digits, ".", "_", "/" and "-"',
      },
      additionalProperties: scalar,
    },
    env: {
      description: 'Environment variables of its containers.',
      type: 'object',
      propertyNames: {
        pattern: patterns.variable,
        'x-flambe-accepts': 'letters, digits and "_", and no digit first',
      },
      additionalProperties: scalar,
    },
    user: {
      description: 'User that its containers run as: UID[:GID], or a name that the base knows.',
      type: ['string', 'integer'],
      pattern: patterns.user,
      'x-flambe-accepts': 'UID[:GID]',
      default: '65532:65532',
    },
    compression: {
      description: 'Of the layers that are compressed at all.',
      enum: ['gzip', 'zstd'],
      default: 'gzip',
    },
    name: {
      description: "Name in the artifact; by default the image's last name.",
      type: 'string',
      minLength: 1,
    },
    serve: serveSchema(),
  },
  required: ['component'],
  additionalProperties: false,
}
