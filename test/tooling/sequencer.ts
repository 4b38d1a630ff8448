// The order of the test files. A worker of Vitest takes another file only if it is of the same project; otherwise a new
// worker is started. The files of a project therefore follow one another. Files that take long come first, so that none
// of them runs alone at the end. A file that may break the async hooks of its process comes last.

import { BaseSequencer, type TestSpecification } from 'vitest/node'

const PROJECTS = ['tools', 'apart', 'transformed', 'built', 'together']
const LONG =
  /test\/(?:package\/package|thread\/(?:programs|executors)|loop\/promises-aplus|examples\/(?:executor|flags2|fetch100|flags)|docs\/docs|conformance\/conformance|testing\/node-test)\.test\.ts$/
const BREAKS_HOOKS = /simulated-host\.test\.ts$/

export default class Sequencer extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

function rankOf({ project, moduleId }: TestSpecification): number {
  return 3 * PROJECTS.indexOf(project.name) + (LONG.test(moduleId) ? 0 : BREAKS_HOOKS.test(moduleId) ? 2 : 1)
}
