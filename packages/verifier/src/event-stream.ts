/** One Server-Sent Event, as far as it matters here. */
export interface StreamEvent {
  readonly id: string;
  readonly data: string;
}

/** An event is longer than any of ours is. */
export class EventTooLong extends Error {
  override readonly name = 'EventTooLong';
}

/**
 * Takes an event stream apart as it comes, in pieces of any size.
 *
 * @param maxCharacters Bound on one event.
 * @see WHATWG HTML §9.2.6
 */
export function createEventParser(maxCharacters: number): (text: string) => StreamEvent[] {
  let rest = '';
  return (text) => {
    rest += text;
    const events: StreamEvent[] = [];
    for (;;) {
      const end = rest.indexOf('\n\n');
      if (end === -1) break;
      const event = parseEvent(rest.slice(0, end));
      if (event !== undefined) events.push(event);
      rest = rest.slice(end + 2);
    }
    if (rest.length > maxCharacters) throw new EventTooLong('event');
    return events;
  };
}

function parseEvent(block: string): StreamEvent | undefined {
  let id = '';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (text.startsWith('id:')) id = text.slice(3).trimStart();
    if (text.startsWith('data:')) data.push(text.slice(5).trimStart());
  }
  return data.length === 0 ? undefined : { id, data: data.join('\n') };
}
