import { transform } from 'sucrase'

/** Removes the types from a program and keeps every line where it was. The only place that knows the tool. */
export function strip(source: string): string {
  return transform(source, { transforms: ['typescript'], disableESTransforms: true }).code
}
