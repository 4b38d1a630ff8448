// The Worker of the site's first page: answers each moment of the cancel with the frame for it.

import { frameAt } from './frame.ts'

interface WorkerScope {
  onmessage: ((event: { readonly data: { readonly at: number; readonly width: number } }) => void) | null
  postMessage(data: unknown): void
}

const scope = globalThis as unknown as WorkerScope
scope.onmessage = async ({ data: { at, width } }) => scope.postMessage(await frameAt(at, width))
