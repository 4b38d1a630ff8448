// Prints a line for each file of tests that has ended: how far the run is, and what has failed so far.

import { relative } from 'node:path'
import { DefaultReporter, type TestModule, type TestSpecification } from 'vitest/node'

export default class ProgressReporter extends DefaultReporter {
  #files = 0
  #ended = 0
  #failed = 0

  constructor() {
    super({ summary: false })
  }

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications)
    this.#files = specifications.length
  }

  override printTestModule(module: TestModule): void {
    const tests = [...module.children.allTests()]
    const failed = tests.filter((test) => test.result().state === 'failed')
    this.#ended++
    this.#failed += failed.length
    const mark = module.state() === 'failed' ? '✗' : '✓'
    const seconds = (module.diagnostic().duration / 1000).toFixed(1)
    const sum = this.#failed === 0 ? '' : `; ${this.#failed} failed so far`
    const path = relative(process.cwd(), module.moduleId)
    this.log(`${String(this.#ended).padStart(3)}/${this.#files} ${mark} ${path}: ${tests.length} in ${seconds} s${sum}`)
    for (const test of failed) this.log(`        ✗ ${test.fullName}`)
  }
}
