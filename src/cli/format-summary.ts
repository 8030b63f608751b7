import { formatBytes, formatDuration } from './format.ts'

/** What long work came to, in one line: the digest, sizes, what was sent, the time. Takes the keys that `--json` shows. */
export function formatSummary(details: object, { took }: { readonly took: number }): string {
  const { digest, files, bytes, bytesSent, bytesReceived } = details as { readonly [name: string]: unknown }
  const facts = [
    ...(typeof digest === 'string' ? [digest.slice(0, 19)] : []),
    ...(typeof files === 'number' ? [`${files} files`] : []),
    ...(typeof bytes === 'number' ? [formatBytes(bytes)] : []),
    ...(typeof bytesSent === 'number'
      ? [bytesSent > 0 ? `${formatBytes(bytesSent)} sent` : 'nothing new to send']
      : []),
    ...(typeof bytesReceived === 'number'
      ? [bytesReceived > 0 ? `${formatBytes(bytesReceived)} received` : 'nothing new to receive']
      : []),
  ]
  return `done in ${formatDuration(took)}${facts.length > 0 ? `  ${facts.join(', ')}` : ''}`
}
