type Range = { readonly type: string; readonly subtype: string; readonly quality: number }

/**
 * The first of `offers` (media types) that an `Accept` header likes best, or `undefined` where it takes none.
 * https://www.rfc-editor.org/rfc/rfc9110#name-accept
 */
export function chooseType(accept: string | undefined, offers: readonly string[]): string | undefined {
  if (accept === undefined || accept === '' || accept === '*/*') return offers[0]
  const ranges = accept.split(',').map(parseRange)
  const [best] = offers
    .map((offer) => ({ offer, quality: qualityOf(offer, ranges) }))
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
  return best?.offer
}

function parseRange(text: string): Range {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase())
  const [type = '', subtype = ''] = range.split('/')
  const quality = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1)
  return { type, subtype, quality: Number.isNaN(quality) ? 0 : quality }
}

/** That of the most specific range that covers the offer. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [type, subtype] = offer.split('/')
  const covering = (wantedType: string | undefined, wantedSubtype: string | undefined) =>
    ranges.find((range) => range.type === wantedType && range.subtype === wantedSubtype)
  return (covering(type, subtype) ?? covering(type, '*') ?? covering('*', '*'))?.quality ?? 0
}
