import { connect, type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Program } from './program.ts'

/** A client that has told its name, and keeps what it gets. */
class Client {
  readonly socket: Socket
  got = ''
  bytes = 0

  constructor(port: string, name: string) {
    this.socket = connect(Number(port), '127.0.0.1')
    this.socket.on('error', () => {})
    this.socket.on('data', (chunk) => {
      this.bytes += chunk.length
      this.got = (this.got + chunk).slice(-1000)
    })
    this.socket.write(`${name}\n`)
  }

  async gets(text: string): Promise<void> {
    for (let i = 0; i < 1500 && !this.got.includes(text); i++) await new Promise((resolve) => setTimeout(resolve, 10))
    expect(this.got).toContain(text)
  }
}

describe('examples/chat/chat_server.ts', { timeout: 120_000 }, () => {
  it('passes on what clients write, and says goodbye to each at the end', async () => {
    await using server = new Program('examples/chat/chat_server.ts', '0')
    const port = await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
    const ann = new Client(port, 'ann')
    await server.printed(/ann has come/)
    const bob = new Client(port, 'bob')
    await ann.gets('* bob has come\r\n')
    bob.socket.write('hello ann\n')
    await ann.gets('bob: hello ann\r\n')
    ann.socket.write('hello bob\n')
    await bob.gets('ann: hello bob\r\n')
    bob.socket.end()
    await ann.gets('* bob has gone\r\n')
    const carl = new Client(port, 'carl')
    await ann.gets('* carl has come\r\n')
    await server.end('SIGTERM')
    await ann.gets('* goodbye\r\n')
    await carl.gets('* goodbye\r\n')
    expect(server).toMatchObject({ signal: 'SIGTERM', output: expect.stringMatching(/Closed\n$/) })
  })

  it('escapes what would control the terminals of others', async () => {
    await using server = new Program('examples/chat/chat_server.ts', '0')
    const port = await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
    const ann = new Client(port, 'ann')
    await server.printed(/ann has come/)
    const eve = new Client(port, 'eve\u001b[2J\u202e')
    await ann.gets('* eve\ufffd[2J\ufffd has come\r\n')
    eve.socket.write('bell \u0007\n')
    await ann.gets(': bell \ufffd\r\n')
    await server.end('SIGTERM')
    expect(server.output).not.toContain('\u001b')
  })

  it('ignores clients that leave or send no name', async () => {
    await using server = new Program('examples/chat/chat_server.ts', '0')
    const port = await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
    const nameless = new Client(port, '')
    await new Promise((resolve) => nameless.socket.once('close', resolve))
    const endless = new Client(port, 'n'.repeat(100_000))
    await new Promise((resolve) => endless.socket.once('close', resolve))
    const rude = new Client(port, 'rude')
    await server.printed(/rude has come/)
    rude.socket.resetAndDestroy()
    await server.printed(/rude has gone/)
    await server.end('SIGTERM')
    expect(server.output.split('\n').slice(1)).toEqual([
      'rude has come',
      'the connection of rude is lost',
      'rude has gone',
      'Closed',
      '',
    ])
  })

  it('disconnects a client that does not read, without affecting the others', async () => {
    await using server = new Program('examples/chat/chat_server.ts', '0')
    const port = await server.printed(/Serving on 127\.0\.0\.1:(\d+)\n/)
    const [ann, bob, slow] = ['ann', 'bob', 'slow'].map((name) => new Client(port, name)) as [Client, Client, Client]
    for (const name of ['ann', 'bob', 'slow']) await server.printed(new RegExp(`${name} has come`))
    slow.socket.pause()
    const line = `${'x'.repeat(1000)}\n`
    for (let i = 0; i < 200 && !server.output.includes('slow does not read'); i++) {
      for (let n = 0; n < 100; n++) ann.socket.write(line)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    ann.socket.write('the last\n')
    await bob.gets('ann: the last\r\n')
    expect(server.output).toContain('slow does not read, and is put out')
    expect(server.output).not.toContain('bob does not read')
    expect(bob.bytes).toBeGreaterThan(1_000_000)
    for (const client of [ann, bob, slow]) client.socket.destroy()
  })
})
