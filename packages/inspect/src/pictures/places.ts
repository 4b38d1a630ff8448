import { BAR } from './shapes.ts'

interface Box {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** The ends of an arrow between two lanes with the middles `ys`; undefined if one of the lanes is not drawn. */
export function spanOf(
  { fromTask, toTask }: { readonly fromTask: number; readonly toTask: number },
  ys: ReadonlyMap<number, number>,
  pitch: number,
): { start: number; end: number; isDown: boolean } | undefined {
  const to = ys.get(toTask)
  if (to === undefined) return undefined
  if (fromTask === 0) return { start: to - pitch / 2 - 6, end: to - BAR / 2 - 3, isDown: true }
  const from = ys.get(fromTask)
  if (from === undefined) return undefined
  const isDown = to > from
  const side = isDown ? BAR / 2 : -BAR / 2
  return { start: from + side, end: to - side - (isDown ? 3 : -3), isDown }
}

/** Distances in px. A text moves by one of them if another text has its place. */
const MOVES = [0, -11, 11, -22, 22]
/** How far a name moves up above a bar, which it must not cover. */
const MOVES_UP = [0, -11, -22]

/** The places of texts in a picture: none is printed over another or over a line, if there is room near it. */
export class Places {
  readonly #lines: readonly Box[]
  readonly #taken: Box[]

  /** @param lines which texts avoid */
  constructor(lines: readonly Box[]) {
    this.#lines = lines
    this.#taken = [...lines]
  }

  isFree(left: number, width: number, y: number, size: number): boolean {
    return this.#isFree({ left, right: left + width, top: y - size * 0.7, bottom: y })
  }

  /** The left end of the first free room for the text of a bar: no line crosses it. */
  behindLines(from: number, y: number, width: number): number {
    let x = from
    for (const { left, right, top, bottom } of this.#lines)
      if (top < y && y < bottom && left < x + width && x < right) x = right + 2
    return x
  }

  /** The nearest baseline to `y` at which a text is free; undefined if there is none above a bar. */
  take(left: number, width: number, y: number, size: number, isAbove: boolean): number | undefined {
    const moves = isAbove ? MOVES_UP : MOVES
    const boxes = moves.map((by) => ({ left, right: left + width, top: y + by - size * 0.7, bottom: y + by }))
    const free = boxes.find((box) => this.#isFree(box)) ?? (isAbove ? undefined : boxes[0])
    if (free !== undefined) this.#taken.push(free)
    return free?.bottom
  }

  #isFree(box: Box): boolean {
    return !this.#taken.some((other) => overlaps(box, other))
  }
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
