/** First in, first out. `shift()` of a large array takes time proportional to its length. */
export class Line<T> {
  #items: (T | undefined)[] = []
  #head = 0 // items before it have been taken

  get length(): number {
    return this.#items.length - this.#head
  }

  get first(): T | undefined {
    return this.#items[this.#head]
  }

  push(item: T): void {
    this.#items.push(item)
  }

  unshift(item: T): void {
    if (this.#head > 0) this.#items[--this.#head] = item
    else this.#items.unshift(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.length === 0) return undefined
    this.#items[this.#head++] = undefined
    if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) this.takeOut(() => false)
    return item
  }

  takeAll(): T[] {
    const items = this.#items.slice(this.#head) as T[] // there are no gaps after the head
    this.#items = []
    this.#head = 0
    return items
  }

  takeOut(isOut: (item: T) => boolean): void {
    this.#items = this.takeAll().filter((item) => !isOut(item))
  }
}
