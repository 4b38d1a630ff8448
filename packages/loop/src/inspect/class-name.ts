/**
 * The printed name of an object's class. Classes of Spindle have a static `className`, because a minifier renames
 * them; a user's class is printed by its own name.
 */
export function className(object: object): string {
  const type = object.constructor as { readonly name: string; readonly className?: unknown }
  return Object.hasOwn(type, 'className') ? String(type.className) : type.name
}
