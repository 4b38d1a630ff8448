// Functions whose text is equal, though they are not.

class Scaler {
  readonly #factor: number
  constructor(factor: number) {
    this.#factor = factor
  }
  scale = (n: number): number => n * this.#factor
  method(n: number): number {
    return n * this.#factor
  }
}

export const double = new Scaler(2).scale
const five = new Scaler(5).scale

const blocks: ((n: number) => number)[] = []
for (const factor of [2, 3]) blocks.push((n) => n * factor)
export const [inBlock] = blocks

export const table = { twice: (n: number): number => n * 2 }
export const twice = (n: number): number => n * 2

export const unexported: Record<string, (n: number) => number> = {
  'a field of another object': five,
  'a function of a block': blocks[1] as (n: number) => number,
  'an entry of a table': table.twice,
  'a method': new Scaler(2).method,
  'a bound function': twice.bind(undefined),
  'a variable that is not exported': secret,
}

function secret(n: number): number {
  return n
}

export function marked(): void {}
