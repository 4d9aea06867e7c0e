import { expect, test, vi } from "vitest";
import * as api from "./api";

const answer = (response: Response | Error) =>
  vi.stubGlobal("fetch", vi.fn(() => {
    return response instanceof Error ? Promise.reject(response) : Promise.resolve(response);
  }));

test("a refusal carries the reason of the server", async () => {
  answer(Response.json({ detail: "action 9 is illegal" }, { status: 422 }));
  await expect(api.games()).rejects.toThrow(new api.Refused("action 9 is illegal"));
});

test("a refusal in pieces is told whole", async () => {
  answer(Response.json({ detail: [{ loc: ["body", "game"] }] }, { status: 422 }));
  await expect(api.games()).rejects.toThrow('[{"loc":["body","game"]}]');
});

test("a failure without a reason is a refusal", async () => {
  answer(new Response("Internal Server Error", { status: 500 }));
  await expect(api.games()).rejects.toThrow(
    new api.Refused("/v1/games answered 500 and gave no reason"),
  );
});

test.each([
  ["no network", new TypeError("Failed to fetch")],
  ["a gateway without a server", new Response("Bad Gateway", { status: 502 })],
  ["an answer cut off", new Response('{"sta', { status: 200 })],
])("%s is worth another try", async (_, response) => {
  answer(response);
  await expect(api.games()).rejects.toBeInstanceOf(api.Unreachable);
});

test("a request that was given up is neither", async () => {
  const gone = new AbortController();
  gone.abort();
  answer(gone.signal.reason);
  await expect(api.games(gone.signal)).rejects.toBe(gone.signal.reason);
});

test("a position is asked for by its list of moves", async () => {
  answer(Response.json({}));
  await api.state("g", [3, 0]);
  expect(fetch).toHaveBeenCalledWith("/v1/game/state?game=g&moves=3%2C0", expect.anything());
});

test("too much to do is told apart from a refusal", async () => {
  const headers = { "retry-after": "3" };
  answer(Response.json({ detail: "32 searches wait" }, { status: 429, headers }));
  await expect(api.games()).rejects.toEqual(new api.Busy("32 searches wait", 3));
});

async function all(events: AsyncIterable<{ event: string; data: string }>) {
  const found: string[] = [];
  for await (const { event, data } of events) found.push(`${event} ${data}`);
  return found;
}

test("a stream is read to its end; refused, it says why", async () => {
  answer(new Response("event: a\ndata: 1\n\ndata: 2\n\n"));
  expect(await all(api.stream("/think", {}))).toEqual(["a 1", "message 2"]);
  answer(Response.json({ detail: "no such level" }, { status: 422 }));
  await expect(all(api.stream("/think", {}))).rejects.toEqual(new api.Refused("no such level"));
});

test("a stream that breaks off can be asked for again", async () => {
  const broken = new ReadableStream({
    start: (stream) => stream.error(new TypeError("network error")),
  });
  answer(new Response(broken));
  await expect(all(api.stream("/think", {}))).rejects.toBeInstanceOf(api.Unreachable);
});
