// Context variables. A variable of the language has the name of its ContextVar. Their default is 'nothing'.

import { ContextVar, type Token } from 'spindle'
import { type Context, copyContext as copyContext_ } from 'spindle/more'
import type { Environment } from '../environment.ts'
import { action, type Block, type Node, type Value } from '../language.ts'
import type { Maker } from '../random/maker.ts'

const variables = new WeakMap<Environment, Map<string, ContextVar<Value>>>()

function variable(name: string, env: Environment): ContextVar<Value> {
  const ofRun = variables.get(env) ?? new Map<string, ContextVar<Value>>()
  variables.set(env, ofRun)
  const known = ofRun.get(name) ?? new ContextVar<Value>(name, { defaultValue: 'nothing' })
  ofRun.set(name, known)
  return known
}

const VARIABLES = ['v', 'w']

const setVar_ = action<{ variable: string; value: Value; token?: string }>('setVar', {
  run(node, env) {
    const token = variable(node.variable, env).set(node.value)
    if (node.token !== undefined) env.set(node.token, token)
  },
  python: ({ variable, value, token }, print) =>
    `${token === undefined ? '' : `${print.assigned(token)} = `}${variable}.set(${print.value(value)})`,
  typescript: ({ variable, value, token }, print) =>
    `${token === undefined ? '' : `${print.assigned(token)} = `}${variable}.set(${print.value(value)})`,
  random: {
    family: 'contexts',
    weight: 6,
    make: (maker) => ({
      variable: maker.pick(VARIABLES),
      value: maker.integer(100),
      ...(maker.chance(0.3) && { token: 'token' }),
    }),
  },
})
export const setVar = (variable: string, value: Value, token?: string): Node =>
  setVar_({ variable, value, ...(token !== undefined && { token }) })

const getVar_ = action<{ variable: string }>('getVar', {
  run: (node, env) => variable(node.variable, env).get(),
  python: ({ variable }) => `print(${variable}.get())`,
  typescript: ({ variable }) => `console.log(${variable}.get())`,
  random: { family: 'contexts', weight: 8, make: (maker) => ({ variable: maker.pick(VARIABLES) }) },
})
export const getVar = (variable: string): Node => getVar_({ variable })

const resetVar_ = action<{ variable: string; token: string }>('resetVar', {
  run(node, env) {
    variable(node.variable, env).reset(env.getAs<Token<Value>>(node.token))
  },
  python: ({ variable, token }) => `${variable}.reset(${token})`,
  typescript: ({ variable, token }) => `${variable}.reset(${token})`,
  random: { family: 'contexts', weight: 2, make: (maker) => ({ variable: maker.pick(VARIABLES), token: 'token' }) },
})
export const resetVar = (variable: string, token: string): Node => resetVar_({ variable, token })

const copyContextNode = action<{ name: string }>('copyContext', {
  run({ name }, env) {
    env.set(name, copyContext_())
  },
  python: ({ name }, print) => `${print.assigned(name)} = contextvars.copy_context()`,
  typescript: ({ name }, print) => `${print.assigned(name)} = copyContext()`,
  random: { family: 'contexts', weight: 2, make: (maker) => ({ name: aContext(maker) }) },
})
export const copyContext = (name: string): Node => copyContextNode({ name })

function aContext(maker: Maker): string {
  return maker.shared('context', copyContext, 3)
}

/** Some Tasks of random programs about contexts run in a given one. */
export function givenContext(maker: Maker): { context?: string } {
  return maker.has('contexts') && maker.chance(0.4) ? { context: aContext(maker) } : {}
}

const runIn_ = action<{ context: string; actions: Block }>('runIn', {
  run(node, env) {
    env.getAs<Context>(node.context).run(env.callback(node.actions, node))
  },
  python: ({ context, actions }, print) => `${context}.run(${print.callback(actions)})`,
  typescript: ({ context, actions }, print) => `${context}.run(${print.callback(actions)})`,
  random: {
    family: 'contexts',
    weight: 6,
    make: (maker) => (maker.deep ? undefined : { context: aContext(maker), actions: maker.actions() }),
  },
})
/** Runs the actions in a context. */
export const runIn = (context: string, ...actions: Node[]): Node => runIn_({ context, actions })
