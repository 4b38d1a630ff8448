// Functions whose text does not tell what they do, and others.

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

const bound = (() => new Scaler(5).scale)()
export const field = new Scaler(2).scale

const blocks: ((n: number) => number)[] = []
for (const factor of [2, 3]) blocks.push((n) => n * factor)
export const [inBlock] = blocks as [(n: number) => number]

const make =
  (factor: number): ((n: number) => number) =>
  (n) =>
    n * factor
export const made = make(2)

export const table = { twice: (n: number): number => n * 2 }
export const twice = (n: number): number => n * 2

export const alike = (n: number): number => n
export const alikeToo = (n: number): number => n

export const closures: Record<string, (n: number) => number> = {
  'a field of an object': field,
  'a field of another object': bound,
  'a function of a block': inBlock,
  'another function of a block': blocks[1] as (n: number) => number,
  'the result of a factory': made,
  'an entry of a table': table.twice,
  'a method': new Scaler(2).method,
  'a bound function': twice.bind(undefined),
}

export function unexported(): (n: number) => number {
  return secret
}

function secret(n: number): number {
  return n
}

export function marked(): void {}
