import type { Principal } from '../principal.ts';
import type { Verifier } from '../verifier.ts';

/** Who was let in with a request, and by which verifier. */
export interface LetIn {
  readonly principal: Principal<unknown>;
  readonly by: Verifier<unknown>;
}

class Given {
  constructor(handle: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the private field below is put on what comes back from here
    return handle;
  }
}

/**
 * A private field on an object that somebody else made: no property has its name, so nothing that a client sends or a parser writes can be
 * taken for it, and no other code can read it. A WeakMap says the same at ten times the cost per request, most of it in the garbage collector.
 */
class Mark extends Given {
  #letIn: LetIn;

  constructor(handle: object, letIn: LetIn) {
    super(handle);
    this.#letIn = letIn;
  }

  static read(handle: object): LetIn | undefined {
    return #letIn in handle ? handle.#letIn : undefined;
  }

  static write(handle: object, letIn: LetIn): void {
    if (#letIn in handle) handle.#letIn = letIn;
    else new Mark(handle, letIn);
  }
}

export function findLetIn(handle: object): LetIn | undefined {
  return Mark.read(handle);
}

/** The last one's word holds. */
export function writeLetIn(handle: object, letIn: LetIn): void {
  Mark.write(handle, letIn);
}
