// How a list is looked at. A screen that is to be found again as it was left keeps its view outside of the component.

export class ListView<W extends string = string, S extends string = string> {
  search = $state("");
  /** Which rows: one of the list's choices. */
  which = $state() as W;
  sort = $state() as S;
  descending = $state(false);
  /** The current row's key. */
  current = $state<string | null>(null);

  constructor({ which, sort, descending = false }: { which: W; sort: S; descending?: boolean }) {
    this.which = which;
    this.sort = sort;
    this.descending = descending;
  }

  /** What every list's command is asked with. */
  get asked(): { search: string | null; sort: S; descending: boolean } {
    return { search: this.search || null, sort: this.sort, descending: this.descending };
  }
}
