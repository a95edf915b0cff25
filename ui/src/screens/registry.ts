// The screens, in the order of the navigation. A new screen is a folder here and a line in this list.

import Wallet from "@lucide/svelte/icons/wallet";
import CloudCheck from "@lucide/svelte/icons/cloud-check";
import BookOpenText from "@lucide/svelte/icons/book-open-text";
import FileInput from "@lucide/svelte/icons/file-input";
import LayoutDashboard from "@lucide/svelte/icons/layout-dashboard";
import Package from "@lucide/svelte/icons/package";
import SettingsIcon from "@lucide/svelte/icons/settings";
import Users from "@lucide/svelte/icons/users";
import { m } from "$/words/messages";
import type { Component } from "svelte";
import Accounts from "./accounts/Accounts.svelte";
import Activity from "./activity/Activity.svelte";
import Customers from "./customers/Customers.svelte";
import Import from "./import/Import.svelte";
import Overview from "./overview/Overview.svelte";
import Products from "./products/Products.svelte";
import Settings from "./settings/Settings.svelte";
import Sync from "./sync/Sync.svelte";

export interface Screen {
  id: string;
  title: () => string;
  icon: Component<{ size?: number | string; class?: string; "aria-hidden"?: "true" }>;
  key: string;
  component: Component<{ on: string | null }>;
  /** What can be begun on this screen from anywhere: the screen offers an action of the same id. */
  starts: { id: string; title: () => string; key: string }[];
}

export const screens: Screen[] = [
  { id: "overview", title: m.overview_title, icon: LayoutDashboard, key: "mod+1", component: Overview, starts: [] },
  {
    id: "accounts",
    title: m.accounts_title,
    icon: Wallet,
    key: "mod+2",
    component: Accounts,
    starts: [
      { id: "accounts.transfer", title: m.transfer_title, key: "t" },
      { id: "accounts.open", title: m.account_open_title, key: "n" },
      { id: "accounts.transfers", title: m.transfers_title, key: "l" },
    ],
  },
  {
    id: "customers",
    title: m.customers_title,
    icon: Users,
    key: "mod+3",
    component: Customers,
    starts: [{ id: "customers.add", title: m.customer_add_title, key: "n" }],
  },
  {
    id: "products",
    title: m.products_title,
    icon: Package,
    key: "mod+4",
    component: Products,
    starts: [
      { id: "products.add", title: m.product_add_title, key: "n" },
      { id: "products.taxes", title: m.taxes_title, key: "x" },
    ],
  },
  {
    id: "import",
    title: m.import_title,
    icon: FileInput,
    key: "mod+5",
    component: Import,
    starts: [{ id: "import.file", title: m.import_new_title, key: "n" }],
  },
  {
    id: "activity",
    title: m.activity_title,
    icon: BookOpenText,
    key: "mod+6",
    component: Activity,
    starts: [{ id: "activity.verify", title: m.verify_title, key: "v" }],
  },
  {
    id: "sync",
    title: m.sync_title,
    icon: CloudCheck,
    key: "mod+7",
    component: Sync,
    starts: [],
  },
  {
    id: "settings",
    title: m.settings_title,
    icon: SettingsIcon,
    key: "mod+8",
    component: Settings,
    starts: [
      { id: "settings.backup", title: m.backup_title, key: "b" },
      { id: "settings.restore", title: m.restore_title, key: "r" },
      { id: "settings.person", title: m.person_add_title, key: "n" },
      { id: "settings.device", title: m.device_rename_title, key: "e" },
    ],
  },
];
