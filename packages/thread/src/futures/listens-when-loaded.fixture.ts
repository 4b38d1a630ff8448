// An unguarded server: in a worker it finds its port taken.

import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

// Equal here and in a thread or process of this test.
process.env['SOCKET_OF_TEST'] ??= join(tmpdir(), `spindle-${process.pid}-${performance.now()}.socket`)

export const server: Server = createServer().listen(process.env['SOCKET_OF_TEST'])

export function harmless(): void {}
