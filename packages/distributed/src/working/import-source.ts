import { importModule } from 'spindle/internal/thread'

type Namespace = Readonly<Record<string, unknown>>

/** Imports a user's module, written in JavaScript or TypeScript, once on each thread. */
export function importSource(url: string): Promise<Namespace> {
  let namespace = imported.get(url)
  if (namespace === undefined) {
    namespace = importModule(url)
    imported.set(url, namespace)
  }
  return namespace
}

const imported = new Map<string, Promise<Namespace>>()
