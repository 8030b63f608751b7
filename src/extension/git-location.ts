/** A repository, what of it is meant, and how it may be shown: without the secrets of its URL. */
export type GitLocation = {
  readonly url: string
  /** Branch, tag or commit. */
  readonly ref?: string
  /** Folder in the repository. */
  readonly folder?: string
  readonly shown: string
}

/**
 * Reads the location of a git repository; undefined for one that is none:
 * `https://github.com/u/r[/tree/REF[/folder]]`, or any git URL (`https://…​.git`, `git+https://`, `ssh://`,
 * `git@host:u/r.git`, `file://`, `git://`) with `#REF` or `#REF:folder`. A branch with slashes needs the `#` form.
 */
export function parseGitLocation(location: string): GitLocation | undefined {
  const [address = '', fragment = ''] = split(location, '#')
  const tree = /^(https:\/\/(?:[^@/]+@)?(?:www\.)?github\.com\/[^/]+\/[^/]+)\/tree\/([^/]+)(?:\/(.+))?$/.exec(
    address,
  )
  if (tree) return describe(location, { url: tree[1] ?? '', ref: tree[2], folder: tree[3] })
  const isGit =
    /^(git\+|ssh:|git:|file:|git@)|\.git\/?$|^https:\/\/(?:[^@/]+@)?(github|gitlab|bitbucket)\.[^/]+\/[^/]+\/[^/]+\/?$/.test(
      address,
    )
  if (!isGit) return undefined
  const [ref, folder] = split(fragment, ':')
  return describe(location, { url: address.replace(/^git\+/, ''), ref, folder })
}

function describe(
  location: string,
  { url, ref, folder }: { url: string; ref: string | undefined; folder: string | undefined },
): GitLocation {
  const shown = location.replace(/\/\/[^@/]+@/, '//')
  return { url, shown, ...(ref && { ref }), ...(folder && { folder: folder.replace(/\/+$/, '') }) }
}

function split(text: string, at: string): [string, string | undefined] {
  const index = text.indexOf(at)
  return index === -1 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)]
}
