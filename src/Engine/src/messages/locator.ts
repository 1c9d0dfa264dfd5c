/** Where the network keeps a file and how it is read: opaque to everybody else. */
export interface Locator {
  kind: 'image' | 'video' | 'audio' | 'document' | 'sticker'
  /** The host that the sender named; used only where it is one of the network's own. */
  host?: string
  directPath: string
  mediaKey: Buffer
  sha256?: Buffer
}

interface Parts {
  kind: Locator['kind']
  url?: string | null | undefined
  directPath?: string | null | undefined
  mediaKey?: Uint8Array | null | undefined
  sha256?: Uint8Array | null | undefined
}

export function writeLocator({ kind, url, directPath, mediaKey, sha256 }: Parts): string {
  const parsed = url && URL.canParse(url) ? new URL(url) : undefined
  const base64 = (bytes: Uint8Array | null | undefined) => (bytes?.length ? Buffer.from(bytes).toString('base64') : undefined)
  return Buffer.from(JSON.stringify({
    kind,
    host: parsed?.host,
    path: directPath || (parsed && parsed.pathname + parsed.search) || '',
    key: base64(mediaKey),
    sha256: base64(sha256),
  })).toString('base64')
}

/** Undefined for what names no file that could be fetched. */
export function readLocator(locator: string): Locator | undefined {
  let parts: { kind?: unknown; host?: unknown; path?: unknown; key?: unknown; sha256?: unknown }
  try {
    parts = JSON.parse(Buffer.from(locator, 'base64').toString('utf8')) as typeof parts
  } catch {
    return undefined
  }
  const { kind, host, path, key, sha256 } = parts
  // The path comes from the sender: only a leading slash keeps it from naming another host.
  if (!isKind(kind) || typeof path !== 'string' || !path.startsWith('/') || path.startsWith('//') || typeof key !== 'string') {
    return undefined
  }
  return {
    kind,
    directPath: path,
    mediaKey: Buffer.from(key, 'base64'),
    ...(typeof host === 'string' ? { host } : {}),
    ...(typeof sha256 === 'string' ? { sha256: Buffer.from(sha256, 'base64') } : {}),
  }
}

function isKind(kind: unknown): kind is Locator['kind'] {
  return typeof kind === 'string' && ['image', 'video', 'audio', 'document', 'sticker'].includes(kind)
}
