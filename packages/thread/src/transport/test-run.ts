/** Whether this program runs tests, by one of the runners there is a stand-in for. */
export function isTestRun(): boolean {
  if (ofStarter !== undefined) return ofStarter
  const isNamed = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'].some((name) => process.env[name] !== undefined)
  const { moduleLoadList: builtins = [] } = process as { readonly moduleLoadList?: readonly string[] }
  return isNamed || builtins.some((name) => name.includes('test_runner/')) // node file.test.js
}

/** @param isRun the result of `isTestRun` in the program that has started this thread or process */
export function setTestRun(isRun: boolean): void {
  ofStarter = isRun
}

/** Whether this is a thread or process that a program which runs tests has started: the runner is elsewhere. */
export function isWorkerOfTestRun(): boolean {
  return ofStarter === true
}

let ofStarter: boolean | undefined
