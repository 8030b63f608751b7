/** What a registry does otherwise than the specification, as data. Nothing else in the client knows a registry by name. */
export type Quirks = {
  /** For people. */
  readonly name: string
  readonly hosts: RegExp
  /** Where the API answers, if not under the registry's name. */
  readonly apiHost?: string
  /** Further names under which credentials for it are stored. */
  readonly credentialKeys: readonly string[]
  /** How a large blob goes first: in several requests, or in one. The other way is the fallback. */
  readonly largeBlobs: 'chunks' | 'whole'
  /** Bytes that one PATCH may have. */
  readonly longestChunk: number
  /** Whether a broken upload can go on in its session; if not, it starts again in a new one. */
  readonly resumes: boolean
  /** What to do if a repository is not there. */
  readonly missingRepository?: string
}

const MiB = 2 ** 20

const specification: Quirks = {
  name: 'registry',
  hosts: /(?:)/,
  credentialKeys: [],
  largeBlobs: 'chunks',
  longestChunk: Number.POSITIVE_INFINITY,
  resumes: true,
}

/** Sources: each registry's documentation, and the issues of clients that met them. */
const table: readonly Quirks[] = [
  {
    ...specification,
    name: 'Docker Hub',
    hosts: /^docker\.io$/,
    apiHost: 'registry-1.docker.io',
    credentialKeys: ['https://index.docker.io/v1/', 'index.docker.io', 'registry-1.docker.io'],
  },
  {
    // A PATCH of more than 4 MiB is answered 416 (oras-project/rust-oci-client#37).
    ...specification,
    name: 'GitHub',
    hosts: /^ghcr\.io$/,
    largeBlobs: 'whole',
    longestChunk: 4 * MiB,
    resumes: false,
    missingRepository:
      'check the owner and the name; a token needs the scope write:packages to make a package',
  },
  {
    // The Range of a PATCH's answer does not grow (aws/containers-roadmap#2831), and a session cannot start again from 0.
    ...specification,
    name: 'Amazon ECR',
    hosts: /(^|\.)(dkr[.-]ecr(-fips)?\..*|public\.ecr\.aws)$/,
    largeBlobs: 'whole',
    resumes: false,
    missingRepository: 'create the repository first: aws ecr create-repository --repository-name NAME',
  },
  {
    // Only whole uploads: https://cloud.google.com/artifact-registry/docs/docker/pushing-and-pulling
    ...specification,
    name: 'Google',
    hosts: /(^|[.-])(pkg\.dev|gcr\.io)$/,
    largeBlobs: 'whole',
    resumes: false,
    missingRepository:
      'create the repository first: gcloud artifacts repositories create NAME --repository-format=docker',
  },
  { ...specification, name: 'Quay', hosts: /(^|\.)quay\.io$/ },
  { ...specification, name: 'Artifactory', hosts: /\.jfrog\.io$/ },
]

/** The quirks of a registry, by its host. */
export function quirksOf(registry: string): Quirks {
  const host = registry.replace(/:\d+$/, '')
  return table.find(({ hosts }) => hosts.test(host)) ?? specification
}
