/** Keys of a page: whoever types, or is on something that uses keys itself, is left alone. */
const OWN = "input, select, textarea, dialog, [role=slider]";

/** A handler for the window: `deeds` by the key; one that returns false leaves the key alone. */
export const keys =
  (deeds: Record<string, () => unknown>) =>
  (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target instanceof Element && target.closest(OWN)) return;
    const pressed = target instanceof Element && target.closest("button, a, summary");
    if (event.key === " " && pressed) return; // it presses what has the focus
    const deed = deeds[event.key];
    if (deed && deed() !== false) event.preventDefault();
  };
