/**
 * The name an object's class is printed by. Classes of Spindle state it in `static get className()`, as a minifier
 * renames them; a user's class is printed by its own name.
 */
export function className(object: object): string {
  const type = object.constructor as { readonly name: string; readonly className?: unknown }
  return Object.hasOwn(type, 'className') ? String(type.className) : type.name
}
