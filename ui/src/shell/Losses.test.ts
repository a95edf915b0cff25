import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { session } from "$/data/session.svelte";
import Losses from "./Losses.svelte";

// What lies behind Tauri is answered here; everything on this side of it is the real thing.
const invoke = vi.hoisted(() => vi.fn());
vi.mock("@tauri-apps/api/core", () => ({ invoke }));

it("tells which entries are gone until somebody has seen it", async () => {
  let losses: unknown[] = [{ from_position: 52, to_position: 235, found_at: 0, kept_path: "/books/lost-1", message: "" }];
  invoke.mockImplementation(async (_: string, { envelope }: { envelope: { command: string } }) => {
    if (envelope.command === "loss_seen") losses = [];
    return envelope.command === "loss_seen" ? { losses: 1 } : { book: null, person: null, persons: [], losses };
  });
  await session.again();
  render(Losses);
  const said = await screen.findByRole("alert");
  for (const part of ["52", "235", "/books/lost-1"]) expect(said.textContent).toContain(part);
  await userEvent.setup().click(screen.getByRole("button"));
  await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  expect(screen.queryByRole("button")).toBeNull();
});
