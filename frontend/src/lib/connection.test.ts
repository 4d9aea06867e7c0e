import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Busy, Refused, Unreachable } from "./api";
import { connection, persist, poll } from "./connection.svelte";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("asks again, waiting twice as long each time, and says so meanwhile", async () => {
  const times: number[] = [];
  const start = Date.now();
  const answer = persist(() => {
    times.push(Date.now() - start);
    return times.length < 7 ? Promise.reject(new Unreachable()) : Promise.resolve("yes");
  }, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(600);
  expect(connection.lost).toBe(true);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await answer).toBe("yes");
  expect(times).toEqual([0, 500, 1500, 3500, 7500, 15500, 23500]);
  expect(connection.lost).toBe(false);
});

test("a refusal is an answer: it ends the waiting", async () => {
  const ask = vi.fn(() => Promise.reject(new Refused("no")));
  await expect(persist(ask, new AbortController().signal)).rejects.toThrow("no");
  expect(ask).toHaveBeenCalledOnce();
});

test("a busy server is not lost: it is asked again when it said", async () => {
  const ask = vi.fn<() => Promise<string>>(() => Promise.resolve("yes"));
  ask.mockRejectedValueOnce(new Busy("too many", 3));
  const answer = persist(ask, new AbortController().signal);
  await vi.advanceTimersByTimeAsync(2900);
  expect(connection.lost).toBe(false);
  expect(ask).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(200);
  expect(await answer).toBe("yes");
});

test("gives up when told to, and never asks again", async () => {
  const gone = new AbortController();
  const ask = vi.fn(() => Promise.reject(new Unreachable()));
  const answer = persist(ask, gone.signal);
  const failed = expect(answer).rejects.toBe("enough");
  await vi.advanceTimersByTimeAsync(600);
  gone.abort("enough");
  await failed;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("polls while the tab is seen, until stopped", async () => {
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(false);
  const work = vi.fn(() => Promise.resolve());
  const stop = poll(work, 1000);
  await vi.advanceTimersByTimeAsync(2500);
  expect(work).toHaveBeenCalledTimes(3);
  hidden.mockReturnValue(true);
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(3);
  hidden.mockReturnValue(false);
  await vi.advanceTimersByTimeAsync(1000);
  expect(work).toHaveBeenCalledTimes(4);
  stop();
  await vi.advanceTimersByTimeAsync(5000);
  expect(work).toHaveBeenCalledTimes(4);
});
