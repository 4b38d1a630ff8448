// Runs several programs, and names each before it begins, where it writes its output and its errors.
import { isMain } from 'spindle/thread'
import * as dies from './dies.fixture.ts'
import * as end from './end.fixture.ts'
import * as exception from './exception.fixture.ts'
import * as ignored from './ignored.fixture.ts'
import * as output from './output.fixture.ts'

if (isMain(import.meta)) {
  for (const [name, { show }] of Object.entries({ output, ignored, exception, dies, end })) {
    console.log(`--- ${name}`)
    console.error(`--- ${name}`)
    show()
  }
}
