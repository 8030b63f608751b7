import type Docker from 'dockerode'

/** A Docker engine, or Podman in its place, that has answered. */
export type Engine = {
  readonly docker: Docker
  /** `unix:///var/run/docker.sock`, for people. */
  readonly address: string
  readonly kind: 'docker' | 'podman'
  /** As it calls itself. */
  readonly version: string
}
