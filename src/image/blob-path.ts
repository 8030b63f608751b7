/** Where a blob lies in a layout. https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md#blobs */
export const blobPath = (digest: string) => `blobs/${digest.replace(':', '/')}`
