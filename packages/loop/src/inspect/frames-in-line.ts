const FRAME = '\n    at '

/**
 * A stack with a line for each frame. A line that begins like none of V8's is part of the name of a function, which may
 * hold a line break.
 */
export function withFramesInLine(stack: string): string {
  const start = stack.indexOf(FRAME)
  if (start === -1) return stack // another engine's
  return stack.slice(0, start) + stack.slice(start).replaceAll(/\n(?! {4}at )/g, '\\n')
}
