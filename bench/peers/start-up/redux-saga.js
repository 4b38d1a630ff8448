// @ts-nocheck: what is imported here is installed by `pnpm bench` only.
import { runSaga } from 'redux-saga'

function* main() {
  return 42
}

if ((await runSaga({}, main).toPromise()) !== 42) process.exitCode = 1
