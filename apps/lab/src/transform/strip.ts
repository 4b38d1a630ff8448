import { transform } from 'sucrase'

/** Removes the types from a program without moving any line. No other file depends on the tool. */
export function strip(source: string): string {
  return transform(source, { transforms: ['typescript'], disableESTransforms: true }).code
}
