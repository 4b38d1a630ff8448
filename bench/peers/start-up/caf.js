// @ts-nocheck: what is imported here is installed by `pnpm bench` only.
import { CAF } from 'caf'

const main = CAF(function* () {
  return 42
})

if ((await main(new CAF.cancelToken().signal)) !== 42) process.exitCode = 1
