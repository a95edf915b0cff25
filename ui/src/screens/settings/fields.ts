import type { PersonAddInput } from "$/bridge";
import type { RecordField } from "$/parts/record";
import { roleName } from "$/words/names";

const ROLES = ["clerk", "owner"] as const satisfies PersonAddInput["role"][];

/** What a person is described by. */
export const PERSON: readonly RecordField<keyof PersonAddInput>[] = [
  { name: "name", as: "line", wide: true, required: true },
  {
    name: "role",
    as: "choice",
    few: true,
    wide: true,
    required: true,
    choices: () => ROLES.map((role) => ({ value: role, title: roleName(role) })),
    start: "clerk",
  },
];
