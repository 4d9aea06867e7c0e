/** The addresses of the watch page: `#/watch?run=mine&with=older`. */

/** Which run is watched (null: the server's), and which one it is compared with. */
export interface Watching {
  run: string | null;
  other: string | null;
}

const NAME = /^\w[\w.-]*$/;

/** Reads the query of an address; a sentence where it names no run. */
export function readWatching(asked: URLSearchParams): Watching | string {
  const [run, other] = [asked.get("run"), asked.get("with")];
  const wrong = [run, other].find((name) => name !== null && !NAME.test(name));
  if (wrong != null) return `“${wrong}” is no name of a run.`;
  return { run, other };
}

/** The address that is read back to the same. */
export function watching({ run, other }: Watching): string {
  const query = new URLSearchParams({ ...(run && { run }), ...(other && { with: other }) });
  return query.size > 0 ? `#/watch?${query}` : "#/watch";
}
