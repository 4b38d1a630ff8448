/** Whether two programs differ in nothing but comments and spaces. */
export function sameCode(one: string, other: string): boolean {
  const code = (text: string): string => text.replace(/\/\/.*$/gm, '').replace(/[\s;]+/g, '')
  return code(one) === code(other)
}
