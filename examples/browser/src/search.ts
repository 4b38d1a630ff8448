// Searches as you type: each key press cancels the previous search, including its request.

import { type Coroutine, call, createTask, events, forEach, rethrowIfCancelled, sleep, type Task } from 'spindle'

export function* searchAsYouType(input: HTMLInputElement, list: HTMLElement): Coroutine<void> {
  let latest: Task<void> | undefined
  yield* forEach(events(input, 'input'), function* () {
    latest?.cancel()
    latest = createTask(search(input.value, list))
  })
}

function* search(text: string, list: HTMLElement): Coroutine<void> {
  yield* sleep(100) // another key press cancels the search here
  try {
    const found = yield* call((signal) => request(text, signal)) // … or here, and the request is aborted
    list.replaceChildren(...found.map(item))
  } catch (error) {
    rethrowIfCancelled(error)
    list.replaceChildren(item(`The search failed: ${error}`))
  }
}

async function request(text: string, signal: AbortSignal): Promise<string[]> {
  const response = await fetch(`search?q=${encodeURIComponent(text)}`, { signal })
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`)
  return await response.json()
}

function item(text: string): HTMLLIElement {
  return Object.assign(document.createElement('li'), { textContent: text })
}
