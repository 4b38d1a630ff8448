const ADVICE: readonly (readonly [pattern: RegExp, advice: string])[] = [
  [/READONLY/, 'It is a replica: it is asked again until a primary answers'],
  [
    /NOPERM|ACL failure|user executing the script can't/,
    'docs/explanation/security.md lists the rights that are needed',
  ],
  [/CROSSSLOT/, "In a Redis Cluster, the name of a queue has a hash tag: '{spindle}'"],
  [/MOVED|CLUSTERDOWN/, 'It is a Redis Cluster: name its nodes by the option `redis: { cluster: [{ host, port }] }`'],
  [/MISCONF/, 'It cannot write to its disk'],
]

/** Describes an error with which Redis answered a command: `refused EVALSHA of bull:spindle:meta: NOPERM …`. */
export function describeRefusal(error: unknown): string {
  const { message, command } = error as { message: string; command?: { name: string; args?: readonly unknown[] } }
  const isScript = /^eval/i.test(command?.name ?? '') // its keys come after the script and their number
  const key = command?.args?.[isScript ? 2 : 0]
  const what = command === undefined ? 'a command' : `${command.name.toUpperCase()}${key ? ` of ${String(key)}` : ''}`
  const advice = ADVICE.find(([pattern]) => pattern.test(message))?.[1]
  return `refused ${what}: ${message.replace(/\.$/, '')}${advice === undefined ? '' : `. ${advice}`}`
}

/** Whether Redis has not answered at all, and may not even have seen the command. */
export function isConnectionError(error: unknown): boolean {
  const { name, message, code } = error as { name?: string; message?: string; code?: string }
  return name !== 'ReplyError' && CONNECTION.test(`${code} ${message}`)
}

const CONNECTION = /clos|E(?:CONN|PIPE|TIMEDOUT|NOTFOUND|AI_AGAIN)|Socket timeout|writ[ae]ble/
