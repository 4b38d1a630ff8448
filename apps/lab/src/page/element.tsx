// <spindle-lab lesson="which-way">: the Lab as an element for any page. Without a lesson, it keeps the address of the
// page up to date. With `lang="ko"`, or `?lang=ko` in the address, it shows the lessons that exist in Korean.

import { render } from 'preact'
import { learn } from '../language/say.ts'
import type { Lesson } from '../lessons/lesson.ts'
import { Sandbox } from '../sandbox/sandbox.ts'
import { Lab } from './lab.tsx'
import { LabState } from './lab-state.ts'
import { lessonsIn, playground } from './programs.ts'
import { encodeLink, lessonNamed, type Shared } from './share-link.ts'

class SpindleLab extends HTMLElement {
  /** The state on screen, for scripts of the page and tests. */
  state: LabState | undefined
  #sandbox: Sandbox | undefined
  #stop: (() => void) | undefined

  connectedCallback(): void {
    const language = this.getAttribute('lang') ?? new URLSearchParams(location.search).get('lang')
    void Promise.all([lessonsIn(language), learn(language)]).then(
      ([lessons]) => this.isConnected && this.#show(lessons),
    )
  }

  #show(lessons: readonly Lesson[]): void {
    const worker = import('virtual:sandbox-worker').then(({ default: source }) => source)
    this.#sandbox = new Sandbox(worker)
    const state = new LabState(lessons, playground, this.#sandbox)
    this.state = state
    this.classList.add('spindle-lab')
    const lesson = this.getAttribute('lesson')
    if (lesson === null) this.#stop = keepAddress(state)
    else state.open(lessonNamed(lesson))
    render(<Lab state={state} />, this)
  }

  disconnectedCallback(): void {
    this.#stop?.()
    render(null, this)
    this.#sandbox?.dispose()
  }
}

/** The address contains the state on screen; back, forward and reload restore it. */
function keepAddress(state: LabState): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let place = ''
  let following = true
  let visits = 0
  /** The state that the address of the current entry does not contain yet. */
  let unwritten: Shared | undefined
  const follow = async (): Promise<void> => {
    following = true
    visits++
    clearTimeout(timer)
    unwritten = undefined
    await state.follow(location.hash)
    place = state.entry()
    following = false
  }
  void follow()
  addEventListener('popstate', follow)
  const write = async (shared: Shared | undefined, isOther: boolean): Promise<void> => {
    const visit = visits
    const link = await encodeLink(shared)
    if (link === location.hash || visit !== visits) return
    // Another lesson is a new entry of the history; an edit or a step replaces the current one.
    if (isOther) window.history.pushState(null, '', link)
    else window.history.replaceState(null, '', link)
  }
  const stop = state.onChange(() => {
    if (following) return
    clearTimeout(timer)
    const shared = state.shared()
    const isOther = state.entry() !== place
    const left = isOther ? unwritten : undefined
    place = state.entry()
    const writeNow = async (): Promise<void> => {
      unwritten = undefined
      if (left !== undefined) await write(left, false)
      await write(shared, isOther)
    }
    if (isOther) void writeNow()
    else timer = setTimeout(writeNow, 300)
    unwritten = isOther ? undefined : shared
  })
  return () => {
    stop()
    clearTimeout(timer)
    removeEventListener('popstate', follow)
  }
}

customElements.define('spindle-lab', SpindleLab)
