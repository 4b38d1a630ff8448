/** Whether this program runs tests, by one of the runners there is a stand-in for. */
export function isTestRun(): boolean {
  isTested ??=
    ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'].some((name) => process.env[name] !== undefined) ||
    loadedBuiltins().some((name) => name.includes('test_runner/')) // node file.test.js
  return isTested
}

/** Sets the result of `isTestRun` in a thread or process of such a program. */
export function setTestRun(isRun: boolean): void {
  isTested = isRun
  isWorkerOfTests = isRun
}

/** Whether this is a thread or process that a program which runs tests has started: the runner is elsewhere. */
export function isWorkerOfTestRun(): boolean {
  return isWorkerOfTests
}

function loadedBuiltins(): readonly string[] {
  return (process as unknown as { readonly moduleLoadList?: readonly string[] }).moduleLoadList ?? []
}

let isTested: boolean | undefined
let isWorkerOfTests = false
