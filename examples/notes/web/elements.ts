/** The element of an id that stands in index.html. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`unreachable: #${id} is in the page`);
  return element as T;
}

/** A new element with text. Whatever people typed goes through `textContent`: it is never markup. */
export function create(name: string, text = '', className = ''): HTMLElement {
  const element = document.createElement(name);
  element.textContent = text;
  element.className = className;
  return element;
}
