import type { EventLoop } from '../face/event-loop.ts'
import type { Probe, Probes } from '../face/probe.ts'

/** The Probes of one loop, and the fields of the loop that point to them. */
export class ProbeList implements Probes {
  readonly #loop: EventLoop
  #list: readonly Probe[] = []

  constructor(loop: EventLoop) {
    this.#loop = loop
  }

  add(probe: Probe, first = false): void {
    if (!this.#list.includes(probe)) this.#list = first ? [probe, ...this.#list] : [...this.#list, probe]
    this.changed()
  }

  remove(probe: Probe): void {
    if (!this.#list.includes(probe)) return
    this.#list = this.#list.filter((one) => one !== probe)
    this.changed()
  }

  changed(): void {
    const list = this.#list
    const loop = this.#loop
    loop.probe = together(list)
    loop.stepProbe = together(list.filter(({ wantsSteps }) => wantsSteps))
    loop.objectProbe = together(list.filter(({ wantsObjects }) => wantsObjects))
  }
}

/** Combines `list` into one Probe that calls all of them in order. A single Probe is called directly. */
function together(list: readonly Probe[]): Probe | undefined {
  if (list.length <= 1) return list[0]
  const all: Record<string, unknown> = {}
  for (const name of new Set(list.flatMap(methodsOf))) {
    const probes = (list as unknown as Record<string, Method>[]).filter((probe) => probe[name] !== undefined)
    all[name] = (...args: unknown[]) => {
      for (const probe of probes) probe[name]?.(...args)
    }
  }
  return all
}

function methodsOf(probe: object): string[] {
  const names: string[] = []
  for (let each: object | null = probe; each !== null && each !== Object.prototype; each = Object.getPrototypeOf(each))
    names.push(...Object.getOwnPropertyNames(each))
  return names.filter((name) => name !== 'constructor' && typeof Reflect.get(probe, name) === 'function')
}

type Method = (...args: unknown[]) => void
