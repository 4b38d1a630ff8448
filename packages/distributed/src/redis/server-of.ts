import type { Connection } from './connection-options.ts'

/** The address of the server, without a password. */
export function addressOf({ url, redis }: Pick<Connection, 'url' | 'redis'>): string {
  const nodes = (redis.cluster ?? redis['sentinels']) as readonly { host?: string; port?: number }[] | undefined
  return nodes?.map(({ host, port }) => `${host}:${port}`).join(', ') ?? serverOf(url)
}

/**
 * Returns the part of a server's URL that may be printed: `redis://host:6379`. A password comes before the host, or
 * among the parameters. If it is not percent-encoded, it may end anywhere: with an `@` behind the host, all is hidden.
 */
export function serverOf(url: string): string {
  const [, protocol = '', authority, rest = ''] = /^([^/?#]*)(?:\/\/([^/?#]*))?(.*)$/s.exec(url) ?? []
  if (protocol.includes('@') || rest.includes('@')) return '…'
  const [scheme = ''] = /^[^:]*:?/.exec(protocol) ?? []
  if (authority === undefined || protocol !== scheme) return `${scheme}…` // a password may stand behind the colon
  return `${scheme}//${authority.slice(authority.lastIndexOf('@') + 1)}`
}
