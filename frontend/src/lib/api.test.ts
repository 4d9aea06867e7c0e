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
