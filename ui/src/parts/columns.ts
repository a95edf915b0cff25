// Which columns of a table are shown, and how wide: each has the width of what it says, and where there is too little for all, the
// least important go as a whole. Widths are in rem.

/** The width that each column's widest cell takes. */
export type Needs = Readonly<Record<string, number>>;

interface Sized {
  id: string;
  free?: number;
  rank?: number;
}

/** A free column asks for no more than this, whatever it holds: a longer text is cut. */
const MOST = 28;

/** The columns that fit into a width, and the grid tracks that they take. */
export function fit(columns: readonly Sized[], needs: Needs, width: number): { shown: string[]; tracks: string } {
  const need = ({ id, free }: Sized): number => (free ? Math.min(MOST, needs[id] ?? 0) : (needs[id] ?? 0));
  const wanted = (): number => kept.reduce((sum, column) => sum + need(column), 0);
  const rank = (column: Sized): number => column.rank ?? columns.indexOf(column);
  let kept = [...columns];
  while (width > 0 && kept.length > 1 && wanted() > width) {
    const last = kept.reduce((a, b) => (rank(b) > rank(a) ? b : a));
    kept = kept.filter((column) => column !== last);
  }
  const tracks = kept.map((column) => {
    const least = need(column);
    if (least === 0 || kept.length === 1) return `minmax(0, ${column.free ?? 1}fr)`;
    return column.free ? `minmax(${least.toFixed(3)}rem, ${column.free}fr)` : `${least.toFixed(3)}rem`;
  });
  return { shown: kept.map(({ id }) => id), tracks: tracks.join(" ") };
}
