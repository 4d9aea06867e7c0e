/**
 * Server-sent events out of the body of an answer: EventSource can only GET.
 * Source of the format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export interface ServerEvent {
  event: string; // "message" where the server names none
  data: string;
}

/** The events of `body` as they come; one that is cut off is dropped, as the format wants it. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let open = false; // while the last read brought something
  try {
    for (;;) {
      open = false;
      const { value, done } = await reader.read();
      if (done) return;
      open = true;
      const blocks = (rest + decoder.decode(value, { stream: true })).split(/\r?\n\r?\n/);
      rest = blocks.pop()!;
      for (const block of blocks) {
        const event = parse(block);
        if (event) yield event;
      }
    }
  } finally {
    if (open) await reader.cancel(); // who listens no longer wants no more
  }
}

function parse(block: string): ServerEvent | null {
  let event = "message";
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "event") event = value;
    if (field === "data") data.push(value);
  }
  return data.length === 0 ? null : { event, data: data.join("\n") };
}
