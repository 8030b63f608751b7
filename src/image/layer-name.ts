/** A layer or another blob for people: `assets sha256:0123456789ab`. */
export function layerName({ title, digest }: { readonly title: string; readonly digest: string }): string {
  return `${title} ${digest.slice(0, 19)}`
}
