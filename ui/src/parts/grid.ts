// What a grid of lines is made of. A line's values are text, as a person types them; what they mean is the caller's.

import type { Choice } from "./record";

export interface GridColumn {
  id: string;
  title: string;
  /** How a cell is filled: found by what is typed, typed, or not at all. */
  as: "find" | "text" | "shown";
  align?: "end";
  /** Its grid track: "7rem", "minmax(0, 1fr)". */
  track: string;
  inputmode?: "decimal";
  /** Whether a narrow window leaves it out. */
  spare?: boolean;
}

export interface GridLine {
  key: string;
  values: Record<string, string>;
}

export type { Choice };
