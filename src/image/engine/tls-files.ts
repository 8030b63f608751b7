import { join } from 'node:path'

/** PEM files; those that are not there are not used. */
export type TlsFiles = {
  readonly ca: string
  readonly cert: string
  readonly key: string
  /** Accept any certificate. */
  readonly skipVerify: boolean
}

/** The three files as docker names them. */
export function tlsFiles(folder: string, { skipVerify }: { skipVerify: boolean }): TlsFiles {
  return {
    ca: join(folder, 'ca.pem'),
    cert: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
    skipVerify,
  }
}
