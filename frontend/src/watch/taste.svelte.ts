/** How this person likes the curves; kept in the browser. */
import { AXES, type Axis } from "./axis";

const KEY = "curves";

interface Taste {
  axis: Axis;
  smoothing: number; // what the past counts in the moving mean, 0 = none
  log: boolean;
}

function kept(): Taste {
  const plain: Taste = { axis: "step", smoothing: 0, log: false };
  try {
    const { axis, smoothing, log } = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return {
      axis: AXES.some(({ key }) => key === axis) ? axis : plain.axis,
      smoothing: smoothing >= 0 && smoothing < 1 ? smoothing : plain.smoothing,
      log: log === true,
    };
  } catch {
    return plain; // another program's, or written by hand: nothing is lost
  }
}

export const taste = $state(kept());

/** Keep it for the next visit. */
export const keep = (): void => localStorage.setItem(KEY, JSON.stringify(taste));
