/** First in, first out. Taking the first of an array moves all others, which takes ever longer the more there are. */
export class Line<T> {
  #items: (T | undefined)[] = []
  #head = 0 // those before it have been taken, and let go of

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  /** Adds an item before all others. */
  unshift(item: T): void {
    if (this.#head > 0) this.#items[--this.#head] = item
    else this.#items.unshift(item)
  }

  /** Takes the first one out. */
  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.length === 0) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) this.takeOut(() => false)
    return item
  }

  /** Takes all of them out. */
  takeAll(): T[] {
    const items = this.#items.slice(this.#head) as T[] // those after the head are there
    this.#items = []
    this.#head = 0
    return items
  }

  /** Takes out those for which `isOut` says so. */
  takeOut(isOut: (item: T) => boolean): void {
    this.#items = this.takeAll().filter((item) => !isOut(item))
  }
}
