import { importModule, loaderForModule } from 'spindle/internal/thread'

type Namespace = Readonly<Record<string, unknown>>

/** Imports a user's module, written in JavaScript or TypeScript, once on each thread. */
export function importSource(url: string): Promise<Namespace> {
  let namespace = imported.get(url)
  if (namespace === undefined) {
    namespace = load(url)
    imported.set(url, namespace)
  }
  return namespace
}

async function load(url: string): Promise<Namespace> {
  const loader = loaderForModule(url)
  if (loader !== undefined) ((await import(loader)) as { register(): void }).register()
  return await importModule(url)
}

const imported = new Map<string, Promise<Namespace>>()
