import { render, screen, waitFor } from "@testing-library/svelte";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import PickHarness from "./PickHarness.test.svelte";

const box = (): HTMLInputElement => screen.getByRole("combobox", { name: "From" });

it("shows nothing once its value is emptied from outside, by whatever way it was chosen", async () => {
  const user = userEvent.setup();
  render(PickHarness);
  // Chosen by keys alone, without a letter typed.
  await user.click(box());
  await user.keyboard("{ArrowDown}{Enter}");
  await waitFor(() => expect(box().value).not.toBe(""));
  await user.click(screen.getByRole("button", { name: "Empty" }));
  await waitFor(() => expect(box().value).toBe(""));

  // Found by typing.
  await user.type(box(), "ban");
  await user.click(await screen.findByText("Bank"));
  await waitFor(() => expect(box().value).toBe("Bank"));
  await user.click(screen.getByRole("button", { name: "Empty" }));
  await waitFor(() => expect(box().value).toBe(""));
});

it("hears every key in place of what is chosen", async () => {
  const user = userEvent.setup();
  render(PickHarness, { value: "till" });
  await user.clear(box());
  expect(box().value).toBe("");
  await user.type(box(), "bank");
  expect(box().value).toBe("bank");
  await user.click(await screen.findByText("Bank"));
  await waitFor(() => expect(box().value).toBe("Bank"));
});

it("shows what is chosen again where the typing led to nothing", async () => {
  const user = userEvent.setup();
  render(PickHarness, { value: "till" });
  expect(box().value).toBe("Till");
  await user.type(box(), "xyz");
  await user.tab();
  await waitFor(() => expect(box().value).toBe("Till"));
});
