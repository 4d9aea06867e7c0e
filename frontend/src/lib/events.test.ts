import { expect, test } from "vitest";
import { events } from "./events";

async function read(...chunks: string[]) {
  const body = new ReadableStream<Uint8Array>({
    start(stream) {
      for (const chunk of chunks) stream.enqueue(new TextEncoder().encode(chunk));
      stream.close();
    },
  });
  const found: [string, string][] = [];
  for await (const { event, data } of events(body)) found.push([event, data]);
  return found;
}

test("an event has a name and data, however the network cuts it", async () => {
  const text = 'event: thought\ndata: {"a": "b: c"}\n\nevent: done\r\ndata: é\r\n\r\n';
  const expected = [
    ["thought", '{"a": "b: c"}'],
    ["done", "é"],
  ];
  expect(await read(text)).toEqual(expected);
  expect(await read(...text.match(/.{1,3}/gs)!)).toEqual(expected);
});

test("comments keep the connection open and are no events; lines of data are joined", async () => {
  expect(await read(": ping\n\n", "id: 1\ndata:a\ndata: b\n\n", "retry: 5\n\n")).toEqual([
    ["message", "a\nb"],
  ]);
});

test("what is cut off is dropped", async () => {
  expect(await read("data: a\n\n", "data: b\n")).toEqual([["message", "a"]]);
});

test("who stops reading, ends the stream", async () => {
  let cancelled = false;
  const body = new ReadableStream<Uint8Array>({
    start: (stream) => stream.enqueue(new TextEncoder().encode("data: a\n\ndata: b\n\n")),
    cancel: () => void (cancelled = true),
  });
  for await (const { data } of events(body)) if (data === "a") break;
  expect(cancelled).toBe(true);
});
