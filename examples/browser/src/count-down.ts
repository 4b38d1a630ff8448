// A custom element without any framework: its coroutine lives as long as it is part of the page.

import { type Coroutine, run, sleep } from 'spindle'

export class CountDown extends HTMLElement {
  #connected = new AbortController()

  connectedCallback(): void {
    this.#connected = new AbortController()
    const { signal } = this.#connected
    run(this.#count(), { signal }).catch((error) => {
      if (!signal.aborted) this.textContent = String(error)
    })
  }

  disconnectedCallback(): void {
    this.#connected.abort()
  }

  *#count(): Coroutine<void> {
    try {
      for (let left = Number(this.getAttribute('seconds')); left > 0; left--) {
        this.textContent = `${left} s`
        yield* sleep(1000)
      }
      this.textContent = 'now'
    } finally {
      this.dispatchEvent(new CustomEvent('stopped'))
    }
  }
}

customElements.define('count-down', CountDown)
