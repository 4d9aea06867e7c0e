import { beforeEach, expect, test, vi } from "vitest";

const started = vi.fn();

class Part {
  gain = { setValueAtTime() {}, exponentialRampToValueAtTime() {} };
  frequency = this.gain;
  constructor(
    _: unknown,
    readonly options: { frequency?: number },
  ) {}
  connect = (to: unknown) => to;
  start = () => started(this.options.frequency);
  stop() {}
}

beforeEach(() => {
  started.mockClear();
  vi.resetModules();
  const audio = vi.fn(class {
    currentTime = 0;
    destination = {};
  });
  vi.stubGlobal("AudioContext", audio);
  vi.stubGlobal("OscillatorNode", Part);
  vi.stubGlobal("GainNode", Part);
});

const load = async () => (await import("./sound.svelte")).sound;

test("moves are silent until a person wants to hear them", async () => {
  const sound = await load();
  sound.click(0);
  expect(AudioContext).not.toHaveBeenCalled(); // browsers complain about one without a gesture
  sound.toggle();
  expect(started).toHaveBeenCalledTimes(1); // that is how it sounds
  sound.click(1);
  const [[first], [second]] = started.mock.calls as [[number], [number]];
  expect(second).toBeLessThan(first);
  expect(AudioContext).toHaveBeenCalledOnce();
});

test("the choice is remembered", async () => {
  (await load()).toggle();
  vi.resetModules();
  const sound = await load();
  expect(sound.on).toBe(true);
  sound.toggle();
  expect(localStorage.getItem("sound")).toBe("off");
});
