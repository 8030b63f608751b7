export { type ArchiveEntry, packArchive, type UnpackLimits, unpackArchive } from './archive.ts'
export { cacheDirectory } from './cache-directory.ts'
export { type CopyOptions, copyHashed } from './copy.ts'
export { type Elf, parseElf } from './elf.ts'
export { codeOf, fileFailure } from './failure.ts'
export { globFiles } from './glob-files.ts'
export { type HashedFile, hashFile, type ReadOptions, sha256 } from './hash.ts'
export { HashCache, type RememberOptions } from './hash-cache.ts'
export {
  libcOf,
  looksNative,
  type NativeBinary,
  parseNativeBinary,
  readNativeBinary,
} from './native-binary.ts'
export { nodeHttp, nodeHttps, nodeTls } from './node-network.ts'
export { isOwned, nobody, ownerMark } from './owner.ts'
export { gate, inParallel } from './parallel.ts'
export { readElf } from './read-elf.ts'
export { readRecord, writeRecord } from './record.ts'
export { replaceDirectory, settledDirectory } from './replace-directory.ts'
export { resolvePath } from './resolve-path.ts'
export { isInside, safeJoin } from './safe-path.ts'
export { sizeOf } from './size-of.ts'
export { type Stamp, stampNow, stampOf, statNow } from './stat-now.ts'
export { createHasher, type Hasher } from './threads/hasher.ts'
export { removeUnfinished, unfinishedForm, unfinishedName } from './unfinished.ts'
export { type Watching, watchFiles } from './watch.ts'
export { writeCached, writeWhole } from './write-whole.ts'
