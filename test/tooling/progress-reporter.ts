// Prints a line for each test file that has ended: the progress, and the failures so far. If no file ends for five
// minutes, a test blocks its thread, where no time limit can fire. The reporter then names the files that still run and
// ends their processes, so that the other files are reported.

import { execFileSync } from 'node:child_process'
import { relative } from 'node:path'
import { DefaultReporter, type TestCase, type TestModule, type TestSpecification, type Vitest } from 'vitest/node'

// Only a hang takes this long, however busy the machine is: five minutes, if a hook may take two.
const HOOKS = 2.5

export default class ProgressReporter extends DefaultReporter {
  #files = 0
  #ended = 0
  #failed = 0
  readonly #running = new Set<string>()
  #limit = 0
  #watch: NodeJS.Timeout | undefined

  constructor() {
    super({ summary: false })
  }

  override onInit(vitest: Vitest): void {
    super.onInit(vitest)
    this.#limit = HOOKS * vitest.config.hookTimeout
  }

  override onTestRunStart(specifications: readonly TestSpecification[]): void {
    super.onTestRunStart(specifications)
    this.#files = specifications.length
    this.#watch = setInterval(() => this.#endHung(), this.#limit)
  }

  override onTestModuleQueued(module: TestModule): void {
    super.onTestModuleQueued(module)
    this.#running.add(pathOf(module))
  }

  override onTestCaseResult(test: TestCase): void {
    super.onTestCaseResult(test)
    this.#watch?.refresh()
  }

  override onTestRunEnd(...args: Parameters<DefaultReporter['onTestRunEnd']>): void {
    clearInterval(this.#watch)
    super.onTestRunEnd(...args)
  }

  override printTestModule(module: TestModule): void {
    this.#running.delete(pathOf(module))
    this.#watch?.refresh()
    const tests = [...module.children.allTests()]
    const failed = tests.filter((test) => test.result().state === 'failed')
    this.#ended++
    this.#failed += failed.length
    const mark = module.state() === 'failed' ? '✗' : '✓'
    const seconds = (module.diagnostic().duration / 1000).toFixed(1)
    const sum = this.#failed === 0 ? '' : `; ${this.#failed} failed so far`
    const count = `${String(this.#ended).padStart(3)}/${this.#files}`
    this.log(`${count} ${mark} ${pathOf(module)}: ${tests.length} in ${seconds} s${sum}`)
    for (const test of failed) this.log(`        ✗ ${test.fullName}`)
  }

  #endHung(): void {
    this.log(`No test ended for ${this.#limit / 1000} s. A test blocks its thread in one of:`)
    for (const path of this.#running) this.log(`        ✗ ${path}`)
    if (process.platform === 'win32') return
    for (const line of execFileSync('ps', ['-eo', 'pid,ppid,args'], { encoding: 'utf8' }).split('\n')) {
      const [pid, parent] = line.trim().split(/\s+/).map(Number)
      if (parent === process.pid && line.includes('/workers/')) process.kill(Number(pid), 'SIGKILL')
    }
  }
}

function pathOf(module: TestModule): string {
  return relative(process.cwd(), module.moduleId)
}
