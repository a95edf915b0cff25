// The screens, in the order of the navigation. A new screen is a folder here and a line in this list.

import ChartColumn from "@lucide/svelte/icons/chart-column";
import Wallet from "@lucide/svelte/icons/wallet";
import CloudCheck from "@lucide/svelte/icons/cloud-check";
import BookOpenText from "@lucide/svelte/icons/book-open-text";
import HandCoins from "@lucide/svelte/icons/hand-coins";
import FileInput from "@lucide/svelte/icons/file-input";
import LayoutDashboard from "@lucide/svelte/icons/layout-dashboard";
import Package from "@lucide/svelte/icons/package";
import ReceiptText from "@lucide/svelte/icons/receipt-text";
import SettingsIcon from "@lucide/svelte/icons/settings";
import ShoppingBasket from "@lucide/svelte/icons/shopping-basket";
import Users from "@lucide/svelte/icons/users";
import { busyWith } from "$/bridge";
import { m } from "$/words/messages";
import type { Component } from "svelte";
import Overview from "./overview/Overview.svelte";
import { type StartId, startsOf } from "./starts";

export type ScreenComponent = Component<{ on: string | null }>;

export interface Screen {
  id: string;
  title: () => string;
  icon: Component<{ size?: number | string; class?: string; "aria-hidden"?: "true" }>;
  key: string;
  /** Where it stands in the navigation. */
  group: Group["id"] | "end";
  /** Fetches what draws it. */
  load: () => Promise<{ default: ScreenComponent }>;
  /** What can be begun on this screen from anywhere: the screen offers an action of the same id. */
  starts: { id: StartId; title: () => string; key: string }[];
}

interface Group {
  id: "today" | "sell" | "money" | "books";
  title?: () => string;
}

/** The navigation's groups, in their order; what is of none of them stands at its end. */
export const GROUPS: readonly Group[] = [
  { id: "today" },
  { id: "sell", title: m.nav_sell },
  { id: "money", title: m.nav_money },
  { id: "books", title: m.nav_books },
];

const listed: Omit<Screen, "starts">[] = [
  { id: "overview", title: m.overview_title, icon: LayoutDashboard, group: "today", key: "mod+1", load: async () => ({ default: Overview }) },
  { id: "payments", title: m.payments_title, icon: HandCoins, group: "money", key: "mod+9", load: () => import("./payments/Payments.svelte") },
  { id: "accounts", title: m.accounts_title, icon: Wallet, group: "money", key: "mod+2", load: () => import("./accounts/Accounts.svelte") },
  { id: "customers", title: m.customers_title, icon: Users, group: "sell", key: "mod+3", load: () => import("./customers/Customers.svelte") },
  { id: "bills", title: m.bills_title, icon: ReceiptText, group: "sell", key: "alt+b", load: () => import("./bills/Bills.svelte") },
  { id: "till", title: m.till_title, icon: ShoppingBasket, group: "sell", key: "alt+t", load: () => import("./till/Till.svelte") },
  { id: "products", title: m.products_title, icon: Package, group: "sell", key: "mod+4", load: () => import("./products/Products.svelte") },
  { id: "reports", title: m.reports_title, icon: ChartColumn, group: "books", key: "alt+r", load: () => import("./reports/Reports.svelte") },
  { id: "import", title: m.import_title, icon: FileInput, group: "books", key: "mod+5", load: () => import("./import/Import.svelte") },
  { id: "activity", title: m.activity_title, icon: BookOpenText, group: "books", key: "mod+6", load: () => import("./activity/Activity.svelte") },
  { id: "sync", title: m.sync_title, icon: CloudCheck, group: "books", key: "mod+7", load: () => import("./sync/Sync.svelte") },
  { id: "settings", title: m.settings_title, icon: SettingsIcon, group: "end", key: "mod+8", load: () => import("./settings/Settings.svelte") },
];

export const screens: Screen[] = listed.map((screen) => ({ ...screen, starts: startsOf(screen.id) }));

/** What draws the screens that were fetched; the first one comes with the window. */
const fetched = new Map<string, ScreenComponent>([["overview", Overview]]);

/** What draws a screen, if it was fetched already. */
export function drawingOf({ id }: Screen): ScreenComponent | null {
  return fetched.get(id) ?? null;
}

/** Fetches what draws a screen. */
export async function fetchDrawing({ id, load }: Screen): Promise<ScreenComponent> {
  const { default: component } = await busyWith(`screen ${id}`, load());
  fetched.set(id, component);
  return component;
}
