// The handle on the site's first page. The page comes with the frame of one moment; all others are computed when the
// handle moves, by the Lab's engine in a Worker.

import { encodeLink, PLAYGROUND } from '../page/share-link.ts'
import type { Half, HomeFrame } from './frame.ts'
import { onPromises, onSpindle } from './programs.ts'

class CancelHere extends HTMLElement {
  #worker: Worker | undefined
  #isBusy = false
  #shown = ''
  readonly #sizes = new ResizeObserver(() => this.#ask())

  connectedCallback(): void {
    this.#input.addEventListener('input', () => this.#ask())
    // Loads the engine, which is large, only when the visitor reaches for the handle.
    for (const reached of ['pointerenter', 'focus', 'input'])
      this.#input.addEventListener(reached, () => this.#start(), { once: true })
  }

  #start(): void {
    if (this.#worker !== undefined) return
    this.#worker = new Worker(new URL('home-worker.js', import.meta.url))
    this.#worker.onmessage = ({ data }: MessageEvent<HomeFrame>) => this.#show(data)
    this.#sizes.observe(this.#find('.picture')) // which asks for the frame of this width
  }

  disconnectedCallback(): void {
    this.#sizes.disconnect()
    this.#worker?.terminate()
  }

  /** Asks for the frame of the present moment and width, once the last answer is there. */
  #ask(): void {
    const at = this.#input.valueAsNumber
    const width = Math.max(320, this.#find('.picture').clientWidth)
    this.#find('.handle').textContent = `cancel at ${at} ms`
    this.#input.setAttribute('aria-valuetext', `${at} ms`)
    this.style.setProperty('--at', `${at}`)
    if (this.#worker === undefined || this.#isBusy || this.#shown === `${at} ${width}`) return
    this.#isBusy = true
    this.#shown = `${at} ${width}`
    this.#worker.postMessage({ at, width })
  }

  #show(frame: HomeFrame): void {
    this.#isBusy = false
    this.style.setProperty('--left', `${frame.left}px`)
    this.style.setProperty('--scale', `${frame.scale}px`)
    this.#showHalf('.spindle', frame.spindle, onSpindle(frame.at).source)
    this.#showHalf('.promises', frame.promises, onPromises(frame.at).source)
    this.#ask()
  }

  #showHalf(name: string, { svg, isRight, says, because, hit, deaf }: Half, source: string): void {
    this.#find(`${name} .picture`).innerHTML = svg
    const verdict = this.#find(`${name} .verdict`)
    verdict.classList.toggle('right', isRight)
    verdict.querySelector('strong')!.textContent = says
    verdict.querySelector('small')!.textContent = because
    for (const [n, line] of [...this.querySelectorAll(`${name} code > span`)].entries()) {
      line.classList.toggle('hit', hit.includes(n + 1))
      line.classList.toggle('deaf', deaf.includes(n + 1))
    }
    const link = this.#find<HTMLAnchorElement>(`${name} .open`)
    void encodeLink({ lesson: PLAYGROUND, source, schedule: [] }).then((fragment) => {
      link.hash = fragment
    })
  }

  get #input(): HTMLInputElement {
    return this.#find('input')
  }

  #find<E extends HTMLElement = HTMLElement>(selector: string): E {
    return this.querySelector<E>(selector)!
  }
}

if (customElements.get('cancel-here') === undefined) customElements.define('cancel-here', CancelHere)
