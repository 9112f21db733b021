/** A value that only this code can read, on objects that others hold. */
export interface PrivateMark<T> {
  read(object: object): T | undefined;
  /** The last one's word holds. */
  write(object: object, value: T): void;
}

class Given {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the private field below is put on what comes back from here
    return object;
  }
}

/**
 * A private field on an object that somebody else made: no property has its name, so nothing that a client sends or a parser writes can be
 * taken for it, and no other code can read it. A WeakMap says the same at ten times the cost per request, most of it in the garbage collector.
 *
 * @typeParam T Never undefined.
 */
export function createPrivateMark<T>(): PrivateMark<T> {
  class Marked extends Given {
    #value: T;

    constructor(object: object, value: T) {
      super(object);
      this.#value = value;
    }

    static read(object: object): T | undefined {
      return #value in object ? object.#value : undefined;
    }

    static write(object: object, value: T): void {
      if (#value in object) object.#value = value;
      else new Marked(object, value);
    }
  }
  return { read: Marked.read, write: Marked.write };
}
