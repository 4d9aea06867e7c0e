import { expect, test } from "vitest";
import * as tree from "./line";

const GAME = tree.begin([1, 2, 3, 4]);

test("a game is shown at its end, or where the cursor stands", () => {
  expect(tree.here(GAME)).toEqual([1, 2, 3, 4]);
  expect(tree.atEnd(GAME)).toBe(true);
  const back = tree.begin([1, 2, 3, 4], 2);
  expect(tree.here(back)).toEqual([1, 2]);
  expect(tree.atEnd(back)).toBe(false);
  expect(tree.go(back, 9).at).toBe(4);
  expect(tree.go(back, -1).at).toBe(0);
});

test("stepping back loses nothing", () => {
  const back = tree.go(GAME, 0);
  expect(back.path).toEqual([1, 2, 3, 4]);
  expect(tree.here(tree.go(back, 3))).toEqual([1, 2, 3]);
});

test("the next move of the line follows it, another one branches off", () => {
  const along = tree.play(tree.go(GAME, 1), 2);
  expect(along).toMatchObject({ path: [1, 2, 3, 4], at: 2, main: [1, 2, 3, 4] });
  const branch = tree.play(tree.go(GAME, 1), 7);
  expect(branch).toMatchObject({ path: [1, 7], at: 2, main: [1, 2, 3, 4] });
  expect(tree.onMain(branch)).toBe(false);
  expect(tree.branches(branch, [1])).toEqual([2, 7]);
  expect(tree.branches(branch, [1, 7])).toEqual([]);
});

test("a move at the end of the game makes it longer, one at the end of a branch does not", () => {
  expect(tree.play(GAME, 5)).toMatchObject({ main: [1, 2, 3, 4, 5], path: [1, 2, 3, 4, 5], at: 5 });
  const branch = tree.play(tree.play(tree.go(GAME, 1), 7), 8);
  expect(branch).toMatchObject({ main: [1, 2, 3, 4], path: [1, 7, 8], at: 3 });
});

test("one comes back where the branch left, or makes it the game", () => {
  const branch = tree.play(tree.play(tree.go(GAME, 1), 7), 8);
  expect(tree.comeBack(branch)).toMatchObject({ path: [1, 2, 3, 4], at: 1 });
  expect(tree.promote(branch).main).toEqual([1, 7, 8]);
});

test("a move taken back is taken back in the game; the way forward stays", () => {
  const back = tree.settle(GAME, 2);
  expect(back).toMatchObject({ main: [1, 2], path: [1, 2, 3, 4], at: 2 });
  expect(tree.settle(back, 4).main).toEqual([1, 2, 3, 4]);
  const other = tree.play(back, 9);
  expect(other).toMatchObject({ main: [1, 2, 9], path: [1, 2, 9], at: 3 });
  expect(tree.branches(other, [1, 2])).toEqual([3, 9]);
});

test("taking back inside a branch leaves the game alone until it is reached", () => {
  const branch = tree.play(tree.play(tree.go(GAME, 1), 7), 8);
  expect(tree.settle(branch, 2).main).toEqual([1, 2, 3, 4]);
  expect(tree.settle(branch, 1).main).toEqual([1]);
});

test("any position can be entered; the line goes on from it as it did", () => {
  const branch = tree.play(tree.play(tree.go(GAME, 1), 7), 8);
  expect(tree.enter(branch, [1, 7])).toMatchObject({ path: [1, 7, 8], at: 2 });
  expect(tree.enter(branch, [1, 2, 3])).toMatchObject({ path: [1, 2, 3, 4], at: 3 });
  const home = tree.comeBack(branch);
  expect(tree.enter(home, [1, 7])).toMatchObject({ path: [1, 7, 8], at: 2 });
  const unknown = tree.enter(home, [5, 6]);
  expect(unknown).toMatchObject({ path: [5, 6], at: 2, main: [1, 2, 3, 4] });
  expect(tree.branches(unknown, [])).toEqual([1, 5]);
});

test("what two lines have in common", () => {
  expect(tree.shared([1, 2, 3], [1, 2, 4])).toBe(2);
  expect(tree.shared([1, 2], [1, 2, 4])).toBe(2);
  expect(tree.shared([1, 2, 4], [1, 2])).toBe(2);
  expect(tree.shared([], [1])).toBe(0);
});
