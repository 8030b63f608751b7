import type { Engine } from './engine.ts'

/** Whether the engine wants every blob of an image, since it keeps them as they are: Podman, and Docker with a containerd store. */
export async function keepsBlobs({ docker, kind }: Engine): Promise<boolean> {
  if (kind === 'podman') return true
  const { DriverStatus } = (await docker.info()) as { DriverStatus?: readonly (readonly string[])[] | null }
  return (DriverStatus ?? []).some(([, value]) => value?.startsWith('io.containerd.'))
}
