import { stat } from 'node:fs/promises'
import { nodeTls } from '../../../files/index.ts'
import type { FileEntry, LayerEntry } from '../../plan/image-plan.ts'

/** Of the usual Linux systems, in the order of how many there are. https://go.dev/src/crypto/x509/root_linux.go */
const certificatePaths = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

export const certificatesPath = 'etc/ssl/certs/ca-certificates.crt'
const nonroot = 65532

/** What a container needs of a system beside programs: users by name, how names of hosts are looked up, whom to trust, a place for temporary files. */
export async function systemFiles(): Promise<readonly LayerEntry[]> {
  return [
    textFile('etc/passwd', [
      'root:x:0:0:root:/root:/sbin/nologin',
      `nonroot:x:${nonroot}:${nonroot}:nonroot:/home/nonroot:/sbin/nologin`,
      'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin',
    ]),
    textFile('etc/group', ['root:x:0:', `nonroot:x:${nonroot}:`, 'nogroup:x:65534:']),
    textFile('etc/nsswitch.conf', ['passwd: files', 'group: files', 'hosts: files dns']),
    await certificates(),
    { kind: 'directory', path: 'tmp', mode: 0o1777, uid: 0, gid: 0 },
    { kind: 'directory', path: 'home/nonroot', mode: 0o700, uid: nonroot, gid: nonroot },
  ]
}

/** Those that this machine trusts, or else those that Node does. */
async function certificates(): Promise<LayerEntry> {
  for (const path of certificatePaths) {
    const found = await stat(path).catch(() => undefined)
    if (found?.isFile()) return fileEntry(certificatesPath, path, { size: found.size, mode: 0o644 })
  }
  return textFile(certificatesPath, nodeTls().rootCertificates)
}

/** A file of this machine, at `path` in the image. */
export function fileEntry(
  path: string,
  source: string,
  { size, mode }: { readonly size: number; readonly mode: number },
): FileEntry {
  return { kind: 'file', path, mode, uid: 0, gid: 0, size, source: { kind: 'file', path: source } }
}

function textFile(path: string, lines: readonly string[]): FileEntry {
  const bytes = Buffer.from(`${lines.join('\n')}\n`)
  return {
    kind: 'file',
    path,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: bytes.length,
    source: { kind: 'bytes', chunks: [bytes] },
  }
}
