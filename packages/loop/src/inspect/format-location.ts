import type { SourceLocation } from './source-location.ts'

/** `examples/spinner_asyncio.ts:12`: relative to the working directory if it is inside, else the whole path. */
export function formatLocation(location: Pick<SourceLocation, 'url' | 'line'>): string {
  return `${formatUrl(location.url)}:${location.line}`
}

function formatUrl(url: string): string {
  const path = /^file:\/\/(\/.*?)(?:[?#].*)?$/.exec(url)?.[1]
  if (path === undefined) return url
  const absolute = decodeURIComponent(path).replace(/^\/(?=[A-Za-z]:)/, '')
  const directory = workingDirectory()
  return directory !== undefined && absolute.startsWith(directory) ? absolute.slice(directory.length) : absolute
}

function workingDirectory(): string | undefined {
  try {
    return host.process?.cwd?.().replaceAll('\\', '/').replace(/\/?$/, '/')
  } catch {
    return undefined // the working directory was deleted
  }
}

const host = globalThis as { readonly process?: { cwd?(): string } }
