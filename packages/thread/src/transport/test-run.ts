/** Whether this program runs tests, by one of the runners there is a stand-in for. */
export function isTestRun(): boolean {
  if (ofStarter !== undefined) return ofStarter
  const isNamed = ['VITEST', 'JEST_WORKER_ID', 'NODE_TEST_CONTEXT'].some((name) => process.env[name] !== undefined)
  return isNamed || loadedBuiltins().some((name) => name.includes('test_runner/')) // node file.test.js
}

/** Called in a thread or process, with the result of `isTestRun` in the program that has started it. */
export function setTestRun(isRun: boolean): void {
  ofStarter = isRun
}

/** Whether this is a thread or process that a program which runs tests has started: the runner is elsewhere. */
export function isWorkerOfTestRun(): boolean {
  return ofStarter === true
}

function loadedBuiltins(): readonly string[] {
  return (process as unknown as { readonly moduleLoadList?: readonly string[] }).moduleLoadList ?? []
}

let ofStarter: boolean | undefined
