/**
 * Says what a value from the other side must look like, once, for the compiler and for the running program.
 * A shape returns the value or throws a ShapeError that names the place. Fields it does not name are let through.
 */
export interface Shape<T> {
  (value: unknown, path: string): T
}

export type Of<S> = S extends Shape<infer T> ? T : never

export class ShapeError extends Error {
  constructor(path: string, wanted: string) {
    super(`${path || 'the value'} should be ${wanted}`)
    this.name = 'ShapeError'
  }
}

const mostIdCharacters = 255
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/
const utcMilliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

export const text: Shape<string> = (value, path) => {
  if (typeof value !== 'string' || !value.isWellFormed()) {
    throw new ShapeError(path, 'a text')
  }
  return value
}

/** What the network calls something: a key in storage, where it has to be short. */
export const id: Shape<string> = (value, path) => {
  const read = text(value, path)
  if (read.length > mostIdCharacters) {
    throw new ShapeError(path, `of ${mostIdCharacters} characters at most`)
  }
  return read
}

export const flag: Shape<boolean> = (value, path) => {
  if (typeof value !== 'boolean') {
    throw new ShapeError(path, 'true or false')
  }
  return value
}

export const number: Shape<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    throw new ShapeError(path, 'a number')
  }
  return value
}

export const integer: Shape<number> = (value, path) => {
  if (!Number.isSafeInteger(value)) {
    throw new ShapeError(path, 'an integer')
  }
  return value as number
}

/** An integer of 32 bits, with its sign. */
export const int32: Shape<number> = (value, path) => {
  if (!Number.isInteger(value) || (value as number) !== ((value as number) | 0)) {
    throw new ShapeError(path, 'an integer of 32 bits')
  }
  return value as number
}

/** Bytes, as they travel: base64 text. */
export const bytes: Shape<string> = (value, path) => {
  if (typeof value !== 'string' || !base64.test(value)) {
    throw new ShapeError(path, 'base64')
  }
  return value
}

export const time: Shape<string> = (value, path) => {
  if (typeof value !== 'string' || !utcMilliseconds.test(value) || Number.isNaN(Date.parse(value))) {
    throw new ShapeError(path, 'a time in UTC with milliseconds')
  }
  return value
}

export function oneOf<const Word extends string>(...words: Word[]): Shape<Word> {
  return (value, path) => {
    if (!words.includes(value as Word)) {
      throw new ShapeError(path, `one of ${words.join(', ')}`)
    }
    return value as Word
  }
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) {
      throw new ShapeError(path, 'a list')
    }
    return value.map((each, index) => item(each, `${path}[${index}]`))
  }
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, path) => (value === null || value === undefined ? null : shape(value, path))
}

const isOptional = Symbol('optional')

/** A field that may be left out or null. */
export function optional<T>(shape: Shape<T>): Shape<T | undefined> & { [isOptional]: true } {
  const maybe: Shape<T | undefined> = (value, path) => (value === null || value === undefined ? undefined : shape(value, path))
  return Object.assign(maybe, { [isOptional]: true } as const)
}

type Fields = Record<string, Shape<unknown>>
type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K] extends { [isOptional]: true } ? K : never }[keyof F]
type Flat<T> = { [K in keyof T]: T[K] }
type Struct<F extends Fields> = Flat<
  { [K in Exclude<keyof F, OptionalKeys<F>>]: Of<F[K]> } & { [K in OptionalKeys<F>]?: Of<F[K]> }
>

export function struct<F extends Fields>(fields: F): Shape<Struct<F>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ShapeError(path, 'an object')
    }
    const read: Record<string, unknown> = {}
    for (const [name, shape] of Object.entries(fields)) {
      const field = shape((value as Record<string, unknown>)[name], path ? `${path}.${name}` : name)
      if (field !== undefined) {
        read[name] = field
      }
    }
    return read as Struct<F>
  }
}

/** A pair or triple: a list of fixed length whose items share a shape. */
export function triple<T>(item: Shape<T>): Shape<[T, T, T]> {
  const items = list(item)
  return (value, path) => {
    const [first, second, third, ...more] = items(value, path)
    if (first === undefined || second === undefined || third === undefined || more.length > 0) {
      throw new ShapeError(path, 'a list of three')
    }
    return [first, second, third]
  }
}
