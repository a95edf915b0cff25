// What the window is in the middle of, written on the document's root: `data-busy` names it, and is absent when nothing is. Whoever
// drives the window from outside reads there when it will do nothing more by itself.

const underWay = new Map<string, number>();

/** Says that something of this name is under way, until the function that is returned is called. */
export function busy(name: string): () => void {
  count(name, 1);
  return () => count(name, -1);
}

/** Hands a promise on, and says that something of this name is under way until it is settled. */
export async function busyWith<T>(name: string, work: Promise<T>): Promise<T> {
  const done = busy(name);
  try {
    return await work;
  } finally {
    done();
  }
}

function count(name: string, by: 1 | -1): void {
  const now = (underWay.get(name) ?? 0) + by;
  if (now > 0) underWay.set(name, now);
  else underWay.delete(name);
  const { dataset } = document.documentElement;
  if (underWay.size > 0) dataset["busy"] = [...underWay.keys()].join(" ");
  else delete dataset["busy"];
}
