import { randomUUID } from 'node:crypto'
import type { Progress } from '../../progress.ts'
import { layerName } from '../layer-name.ts'
import { blobExists } from './blobs.ts'
import type { NamedBlob } from './content.ts'
import { RegistryError } from './failure.ts'
import { mountSource, type Push } from './push-setup.ts'
import { uploadBlob } from './upload.ts'
import { startUpload, type UploadSession } from './upload-session.ts'

/** What became of a blob. `cached`: known to be there without asking. */
export type Delivery = 'sent' | 'mounted' | 'exists' | 'cached'

/** In a repository that we know, asking whether such a blob is there costs more than sending it. */
const small = 2 ** 16

/** Sees to it that the repository has a blob: known, mounted, there already, or uploaded. */
export async function deliver(push: Push, blob: NamedBlob): Promise<Delivery> {
  const { progress, known, repository, parent } = push
  const id = randomUUID()
  progress({ type: 'step', id, title: layerName(blob), total: blob.size, ...(parent && { parent }) })
  try {
    const delivery = await bring(push, blob, countingFrom(progress, id))
    known.add(repository, blob.digest)
    if (blob.size > small) await known.save()
    progress({ type: 'done', id, ...(delivery !== 'sent' && { note: delivery }) })
    return delivery
  } catch (error) {
    progress({ type: 'failed', id })
    throw error
  }
}

async function bring(push: Push, blob: NamedBlob, onOffset: (offset: number) => void): Promise<Delivery> {
  if (push.known.has(push.repository, blob.digest)) return 'cached'
  const step = `uploading ${layerName(blob)}`
  const session = await mount(push, blob)
  if (session === 'mounted') return 'mounted'
  const exists = () => blobExists(push, blob)
  const isBlind = blob.size <= small && (push.isWarm || session !== undefined)
  if (!isBlind && (await exists())) return 'exists'
  await uploadBlob(push, blob, { session, step, onOffset, exists })
  return 'sent'
}

/** Tries to mount. A registry that does not, begins an upload instead or fails; both are no harm. */
async function mount(push: Push, blob: NamedBlob): Promise<UploadSession | 'mounted' | undefined> {
  const { registry, repository } = push
  const mountFrom = mountSource(push, blob)
  if (mountFrom === undefined) return undefined
  const step = `mounting ${layerName(blob)} from ${mountFrom}`
  try {
    return await startUpload({ registry, repository, digest: blob.digest }, { mountFrom, step })
  } catch (error) {
    if (error instanceof RegistryError) return undefined
    throw error
  }
}

/** Turns places in a blob into counts of bytes, negative when bytes have to go again. */
function countingFrom(progress: Progress, id: string): (offset: number) => void {
  let last = 0
  return (offset) => {
    if (offset !== last) progress({ type: 'bytes', id, count: offset - last })
    last = offset
  }
}
