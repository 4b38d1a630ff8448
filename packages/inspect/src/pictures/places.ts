interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** The distances, in px, by which a text moves if another one has its place. */
const MOVES = [0, -11, 11, -22, 22]
/** The same above a bar, which it must not cover. */
const MOVES_UP = [0, -11, -22]

/** The places of texts in a picture: none is printed over another, if there is room near it. */
export class Places {
  readonly #taken: Box[] = []

  /** The nearest baseline to `y` at which a text is free; undefined if there is none above a bar. */
  take(left: number, width: number, y: number, size: number, isAbove: boolean): number | undefined {
    const moves = isAbove ? MOVES_UP : MOVES
    const boxes = moves.map((by) => ({ left, right: left + width, top: y + by - size * 0.7, bottom: y + by }))
    const free =
      boxes.find((box) => !this.#taken.some((other) => overlaps(box, other))) ?? (isAbove ? undefined : boxes[0])
    if (free !== undefined) this.#taken.push(free)
    return free?.bottom
  }
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
