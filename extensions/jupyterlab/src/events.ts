/** Cut a stream of server-sent events into the data of each; comments and names are left out. */
export class EventCutter {
  /** The data of all events that are complete with this piece of the stream. */
  push(piece: string): string[] {
    this._rest += piece;
    const parts = this._rest.split(/\r?\n\r?\n/);
    this._rest = parts.pop() ?? '';
    return parts.map(dataOf).filter(data => data !== '');
  }

  private _rest = '';
}

function dataOf(event: string): string {
  return event
    .split(/\r?\n/)
    .filter(line => line.startsWith('data:'))
    .map(line => line.slice(5).replace(/^ /, ''))
    .join('\n');
}

/** Tell the data of each event of a response until it ends. */
export async function readEvents(
  body: ReadableStream<Uint8Array>,
  heard: (data: string) => void
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const cutter = new EventCutter();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    cutter.push(decoder.decode(value, { stream: true })).forEach(heard);
  }
}
