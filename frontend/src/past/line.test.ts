import { expect, test, vi } from "vitest";
import { keys } from "./keys";
import { Back } from "./line";

test("what was taken back can be played again, until another way is taken", () => {
  const back = new Back();
  expect(back.undo([])).toBeNull();
  expect(back.redo([1])).toBeNull();
  expect(back.undo([1, 2, 3])).toEqual([1, 2]);
  expect(back.undo([1, 2])).toEqual([1]);
  expect(back.redo([1])).toEqual([1, 2]);
  back.forget();
  expect(back.redo([1, 2])).toBeNull();
});

test("keys are left to who needs them", () => {
  const deed = vi.fn();
  const space = vi.fn();
  const handle = keys({ a: deed, " ": space, b: () => false });
  const press = (key: string, place: string, more: KeyboardEventInit = {}) => {
    const element = document.body.appendChild(document.createElement(place));
    const event = new KeyboardEvent("keydown", { key, cancelable: true, bubbles: true, ...more });
    element.addEventListener("keydown", handle);
    element.dispatchEvent(event);
    element.remove();
    return event.defaultPrevented;
  };
  expect(press("a", "p")).toBe(true);
  expect(press("a", "button")).toBe(true);
  expect(deed).toHaveBeenCalledTimes(2);
  expect(press("a", "input")).toBe(false);
  expect(press("a", "p", { ctrlKey: true })).toBe(false);
  expect(press("z", "p")).toBe(false);
  expect(press("b", "p")).toBe(false); // it had nothing to do
  expect(deed).toHaveBeenCalledTimes(2);
  expect(press(" ", "button")).toBe(false);
  expect(press(" ", "p")).toBe(true);
  expect(space).toHaveBeenCalledTimes(1);
});
