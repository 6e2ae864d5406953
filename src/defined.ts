export type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The same object without its undefined properties, so that they do not hide defaults when it is spread. */
export function definedOnly<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
