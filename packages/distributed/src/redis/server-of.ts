import type { Connection } from './connection-options.ts'

/** Where the server is, as it may be printed. */
export function addressOf({ url, redis }: Pick<Connection, 'url' | 'redis'>): string {
  const nodes = (redis.cluster ?? redis['sentinels']) as readonly { host?: string; port?: number }[] | undefined
  return nodes?.map(({ host, port }) => `${host}:${port}`).join(', ') ?? serverOf(url)
}

/**
 * Returns what of the URL of a server may be printed: `redis://host:6379`. A password stands before the host, or among
 * the parameters. One that is not percent-encoded may end anywhere: with an `@` behind the host, nothing is shown.
 */
export function serverOf(url: string): string {
  const [, protocol = '', authority, rest = ''] = /^([^/?#]*)(?:\/\/([^/?#]*))?(.*)$/s.exec(url) ?? []
  if (protocol.includes('@') || rest.includes('@')) return '…'
  const [scheme = ''] = /^[^:]*:?/.exec(protocol) ?? []
  if (authority === undefined || protocol !== scheme) return `${scheme}…` // a password may stand behind the colon
  return `${scheme}//${authority.slice(authority.lastIndexOf('@') + 1)}`
}
