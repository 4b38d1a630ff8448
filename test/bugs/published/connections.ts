// Races in clients that connect again when a connection is lost. The connections are in memory.

import { must, type PublishedRace, wait } from './race.ts'

/** Has the methods of a WebSocket. */
class Connection extends EventTarget {
  static readonly CONNECTING = 0
  static readonly OPEN = 1
  static readonly CLOSING = 2
  static readonly CLOSED = 3
  readonly CONNECTING: number = Connection.CONNECTING
  readonly OPEN: number = Connection.OPEN
  readonly CLOSING: number = Connection.CLOSING
  readonly CLOSED: number = Connection.CLOSED
  readonly haVersion = '2021.12.0'
  binaryType = 'blob'
  readyState: number = Connection.CONNECTING
  onopen: ((event: Event) => void) | undefined
  onclose: ((event: Event) => void) | undefined

  constructor(connectMs: number) {
    super()
    setTimeout(() => {
      if (this.readyState !== Connection.CONNECTING) return
      this.readyState = Connection.OPEN
      this.#tell(new Event('open'))
    }, connectMs)
  }

  send(): void {}

  close(): void {
    if (this.readyState >= Connection.CLOSING) return
    this.readyState = Connection.CLOSING
    setTimeout(() => this.#end(1000), 2)
  }

  /** The server ends it. */
  drop(): void {
    if (this.readyState < Connection.CLOSING) this.#end(1006)
  }

  #end(code: number): void {
    this.readyState = Connection.CLOSED
    this.#tell(Object.assign(new Event('close'), { code, reason: '' }))
  }

  #tell(event: Event): void {
    if (event.type === 'open') this.onopen?.(event)
    else this.onclose?.(event)
    this.dispatchEvent(event)
  }
}

/** A server: the class of its connections, and all that were made. */
function server(connectMs: number) {
  const made: Connection[] = []
  class Socket extends Connection {
    constructor() {
      super(connectMs)
      made.push(this)
    }
  }
  return { Socket, made, alive: () => made.filter(({ readyState }) => readyState < Connection.CLOSING).length }
}

interface ReconnectingSockets {
  readonly default: new (
    url: string,
    protocols: null,
    options: object,
  ) => { close(code?: number, reason?: string, options?: object): void; reconnect(): void }
}

interface HomeAssistant {
  createConnection(options: {
    createSocket(): Promise<object>
  }): Promise<{ reconnect(force: boolean): void; close(): void }>
}

export const connections: readonly PublishedRace[] = [
  {
    name: 'a connection that is closed while it waits to reconnect opens again',
    source: 'pladaria/reconnecting-websocket#14',
    broken: 'reconnecting-websocket-3.0.3',
    fixed: 'reconnecting-websocket-3.0.5',
    async program({ default: ReconnectingSocket }: ReconnectingSockets) {
      const { Socket, made, alive } = server(5)
      const socket = new ReconnectingSocket('ws://server', null, { constructor: Socket })
      setTimeout(() => made[0]?.drop(), 50)
      await wait(30)
      socket.close(1000, '', { keepClosed: true })
      await wait(60_000)
      const open = alive()
      socket.close(1000, '', { keepClosed: true })
      must(open === 0, `${open} connections are open after close()`)
    },
  },
  {
    name: 'reconnect() during a reconnection opens two connections',
    source: 'home-assistant/home-assistant-js-websocket#226',
    broken: 'home-assistant-js-websocket-5.12.0',
    fixed: 'home-assistant-js-websocket-6.0.1',
    async program({ createConnection }: HomeAssistant) {
      const { Socket, made, alive } = server(5)
      const createSocket = async (): Promise<object> => {
        const socket = new Socket()
        await new Promise((resolve) => {
          socket.onopen = resolve
        })
        return socket
      }
      const connection = await createConnection({ createSocket })
      setTimeout(() => made[0]?.drop(), 10)
      await wait(50)
      connection.reconnect(true)
      await wait(60_000)
      const open = alive()
      connection.close()
      await wait(60_000)
      must(open <= 1, `${open} connections are open`)
    },
  },
  {
    name: 'reconnect() leaves a connection open that is still being made',
    source: 'cloudflare/partykit#210',
    broken: 'partysocket-1.1.3',
    fixed: 'partysocket-1.1.4',
    entries: ['/ws'],
    async program({ default: ReconnectingSocket }: ReconnectingSockets) {
      const { Socket, alive } = server(50)
      const socket = new ReconnectingSocket('ws://server', null, { WebSocket: Socket })
      await wait(200)
      socket.reconnect()
      await wait(60_000)
      const open = alive()
      socket.close()
      await wait(60_000)
      must(open <= 1, `${open} connections are open`)
    },
  },
]
