// The command table as TypeScript. Made by ui/scripts/types.mjs from `daybook commands --json`; not to be edited.

/** An account and what it holds. */
export interface Account {
  /** What may be taken out; nothing where there is no minimum. */
  available_minor: number | null;
  /** What it holds: debits less credits. */
  balance_minor: number;
  /** When it was closed. */
  closed_at: number | null;
  /** The device that alone may lower it, if it has a minimum. */
  custodian_device_id: string | null;
  /** Whether that is this device. */
  custodian_here: boolean;
  /** That device's name. */
  custodian_name: string | null;
  /** Its id. */
  id: string;
  kind: AccountKind;
  /** What it may never go below; nothing where it may. */
  minimum_minor: number | null;
  /** Its name. */
  name: string;
  /** What an edit must name as seen. */
  row_version: number;
}

/** Which account, in the version that the person saw. */
export interface AccountCloseInput {
  /** Which. */
  account_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A change of an account. */
export interface AccountEditInput {
  /** Which. */
  account_id: string;
  /** What it may never go below; null for no minimum. Only its custodian may change it. */
  minimum_minor?: number | null;
  /** Its name. */
  name?: string | null;
  /** The version that the person saw. */
  row_version: number;
}

/** To whom an account goes. */
export interface AccountHandOverInput {
  /** Which. */
  account_id: string;
  /** The version that the person saw. */
  row_version: number;
  /** The device that keeps it from now on: another one of the book. */
  to_device_id: string;
}

/** What an account is for. */
export type AccountKind =
  | "cash"
  | "bank"
  | "mobile_money"
  | "in_transit"
  | "receivable"
  | "income"
  | "tax"
  | "discount"
  | "expense"
  | "over_short"
  | "rounding"
  | "opening";

/** One page of a list. */
export interface AccountListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: Account[];
}

/** Which accounts a list shows. */
export interface AccountListInput {
  closed?: Shown;
  /** Where the last page ended. */
  cursor?: string | null;
  /** From the other end. */
  descending?: boolean;
  /** Only these kinds. */
  kinds?: AccountKind[] | null;
  /** How many rows. */
  limit?: number;
  /** Words in the name. */
  search?: string | null;
  sort?: AccountSort;
}

/** An account to be opened. */
export interface AccountOpenInput {
  /** Its id; made here when it isn't given. */
  account_id?: string;
  /** The business date of the opening balance; today when it isn't given. */
  date?: string | null;
  kind: AccountKind;
  /** What it may never go below: 0 for cash and mobile money when left out, null for no minimum. */
  minimum_minor?: number | null;
  /** Its name. */
  name: string;
  /** What it holds to begin with. */
  opening_minor?: number | null;
}

/** How a list of accounts is sorted. */
export type AccountSort = "name" | "kind" | "balance";

/** A page of an account's statement, newest first. */
export interface AccountStatementAnswer {
  account: Account;
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The lines. */
  rows: StatementLine[];
}

/** Which part of which account's statement. */
export interface AccountStatementInput {
  /** The account. */
  account_id: string;
  /** Where the last page ended. */
  cursor?: string | null;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /**
   * Words in memo, number or the other account's name. A search shows lines out of their row, each with the balance
   * that it left.
   */
  search?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

/** A backup that was made and verified. */
export interface BackupAnswer {
  /** How many entries it holds. */
  entries: number;
  /** How long it took. */
  milliseconds: number;
  /** The file. */
  path: string;
  /** Its size. */
  size_bytes: number;
}

/** Where a backup goes. */
export interface BackupInput {
  /** The file; `backups/daybook-{date}-{time}.sqlite` in the store's folder when it isn't given. */
  path?: string | null;
}

/** An import. */
export interface Batch {
  /** How many were added. */
  added: number;
  /** When it was begun. */
  created_at: number;
  /** How many were looked at. */
  done: number;
  /** The file's name. */
  file_name: string;
  /** Its id. */
  id: string;
  kind: Importable;
  /** How many were there already. */
  known: number;
  /** Who began it. */
  person_name: string;
  /** How many were refused. */
  refused: number;
  state: BatchState;
  /** How many rows the table has. */
  total: number;
}

/** How far an import is. */
export type BatchState = "running" | "done" | "undoing" | "undone";

/** What belongs together and syncs together: a shop, a route, a branch. */
export interface Book {
  /** ISO 4217. */
  currency: string;
  /** How many decimals the currency's minor unit has. */
  currency_exponent: number;
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** IANA. */
  time_zone: string;
}

/** What was set up. */
export interface BookSetupAnswer {
  book: Book;
  device: Device;
  person: Person;
}

/** A book to be set up. */
export interface BookSetupInput {
  /** Its id; made here when it isn't given. */
  book_id?: string;
  /** What the first cash account is called. */
  cash_account_name?: string | null;
  /** ISO 4217, such as `EUR`. */
  currency: string;
  /** What stands before its numbers. */
  device_code?: string | null;
  /** What this device is called. */
  device_name?: string | null;
  /** The business, shop or route. */
  name: string;
  /** The owner's name. */
  person_name: string;
  /** IANA, such as `Africa/Nairobi`; this machine's when it isn't given. */
  time_zone?: string | null;
}

/** A change of one row. */
export interface Change {
  /** The columns. */
  columns: ColumnChange[];
  operation: Operation;
  /** The row. */
  record_id: string;
  /** The table. */
  table: string;
}

/** How it is settled. */
export type Choice = "mine" | "theirs" | "value";

/** Why something was refused. */
export type Code =
  | "malformed"
  | "unknown_command"
  | "unknown_field"
  | "missing_field"
  | "wrong_type"
  | "unknown_choice"
  | "empty"
  | "too_long"
  | "bad_text"
  | "out_of_range"
  | "bad_date"
  | "bad_id"
  | "bad_currency"
  | "bad_time_zone"
  | "bad_email"
  | "bad_cursor"
  | "not_found"
  | "stale"
  | "id_taken"
  | "code_taken"
  | "name_taken"
  | "insufficient_funds"
  | "not_custodian"
  | "account_closed"
  | "account_not_empty"
  | "same_account"
  | "wrong_account_kind"
  | "already_reversed"
  | "archived"
  | "no_book"
  | "no_person"
  | "not_allowed"
  | "book_not_empty"
  | "request_reused"
  | "batch_finished"
  | "batch_undone"
  | "file_unreadable"
  | "file_exists"
  | "file_unwritable"
  | "bad_csv"
  | "bad_mapping"
  | "not_a_backup"
  | "not_synced"
  | "bad_link"
  | "unreachable"
  | "refused"
  | "key_ring_shut"
  | "tls"
  | "central_too_old"
  | "central_too_new"
  | "central_differs"
  | "central_rewound"
  | "copied"
  | "already_settled"
  | "busy"
  | "in_use"
  | "read_only"
  | "not_a_store"
  | "too_new"
  | "migration_failed"
  | "damaged"
  | "disk_full"
  | "io"
  | "outcome_unknown"
  | "internal";

/** A column before and after. */
export interface ColumnChange {
  /** Its name. */
  name: string;
  /** After. */
  new: unknown;
  /** Before. */
  old: unknown;
}

/** Something that waits for a person. */
export interface Conflict {
  /** The column. */
  column: string | null;
  /** Since when. */
  created_at: number;
  /** A sentence, where there is more to say. */
  detail: string | null;
  /** Its id. */
  id: string;
  kind: ConflictKind;
  /** What was written here. */
  mine: unknown;
  /** When. */
  mine_at: number | null;
  /** By whom. */
  mine_person_name: string | null;
  /** The other record that has the same code. */
  other_id: string | null;
  /** What that one is called. */
  other_name: string | null;
  /** The record. */
  record_id: string;
  /** What the record is called. */
  record_name: string | null;
  /** The table. */
  table: string;
  /** What stands instead. */
  theirs: unknown;
  /** When it was written. */
  theirs_at: number | null;
  /** On which device. */
  theirs_device_name: string | null;
  /** By whom; head office where nobody is named. */
  theirs_person_name: string | null;
}

/** What kind of conflict. */
export type ConflictKind = "edit_lost" | "edited_gone" | "same_number" | "same_code" | "overdrawn" | "quarantined";

/** What waits for a person. */
export interface ConflictListAnswer {
  /** All of it. */
  rows: Conflict[];
}

/** A conflict that was settled. */
export interface ConflictSettleAnswer {
  /** Which. */
  conflict_id: string;
  /** What stands now. */
  value: unknown;
}

/** A conflict to be settled. */
export interface ConflictSettleInput {
  choice: Choice;
  /** Which. */
  conflict_id: string;
  /** The third value, for the choice `value`. */
  value?: unknown;
}

/** A customer. */
export interface Customer {
  /** Street and house. */
  address: string | null;
  /** When it was put away. */
  archived_at: number | null;
  /** City. */
  city: string | null;
  /** Its code, if it has one. */
  code: string | null;
  /** Whom to speak to. */
  contact: string | null;
  /** Country. */
  country: string | null;
  /** When it was added. */
  created_at: number;
  /** An e-mail address. */
  email: string | null;
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** A note. */
  note: string | null;
  /** A phone number. */
  phone: string | null;
  /** Postal code. */
  postal_code: string | null;
  /** Region. */
  region: string | null;
  /** What an edit must name as seen. */
  row_version: number;
}

/** A customer to be added. */
export interface CustomerAddInput {
  /** Street and house. */
  address?: string | null;
  /** City. */
  city?: string | null;
  /** Its code, which no other customer of the book may have. */
  code?: string | null;
  /** Whom to speak to. */
  contact?: string | null;
  /** Country. */
  country?: string | null;
  /** Its id; made here when it isn't given. */
  customer_id?: string;
  /** An e-mail address. */
  email?: string | null;
  /** Its name. */
  name: string;
  /** A note. */
  note?: string | null;
  /** A phone number. */
  phone?: string | null;
  /** Postal code. */
  postal_code?: string | null;
  /** Region. */
  region?: string | null;
}

/** A customer to be put away, or taken out again. */
export interface CustomerArchiveInput {
  /** False takes it out again. */
  archived?: boolean;
  /** Which. */
  customer_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A change of a customer. What is not given stays, null clears. */
export interface CustomerEditInput {
  /** Street and house. */
  address?: string | null;
  /** City. */
  city?: string | null;
  /** Its code. */
  code?: string | null;
  /** Whom to speak to. */
  contact?: string | null;
  /** Country. */
  country?: string | null;
  /** Which. */
  customer_id: string;
  /** An e-mail address. */
  email?: string | null;
  /** Its name. */
  name?: string | null;
  /** A note. */
  note?: string | null;
  /** A phone number. */
  phone?: string | null;
  /** Postal code. */
  postal_code?: string | null;
  /** Region. */
  region?: string | null;
  /** The version that the person saw. */
  row_version: number;
}

/** One page of a list. */
export interface CustomerListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: Customer[];
}

/** Which customers a list shows. */
export interface CustomerListInput {
  archived?: Shown;
  /** Where the last page ended. */
  cursor?: string | null;
  /** From the other end. */
  descending?: boolean;
  /** How many rows. */
  limit?: number;
  /** Words in name, code, contact, phone or city. */
  search?: string | null;
  sort?: CustomerSort;
}

/** Which customer. */
export interface CustomerShowInput {
  /** Which. */
  customer_id: string;
}

/** How a list of customers is sorted. */
export type CustomerSort = "name" | "code" | "newest";

/** A day's end. */
export interface Day {
  /** The business date. */
  date: string;
  /** What all money accounts held. */
  money_minor: number;
}

/** What parts whole from part in a number. */
export type Decimal = "." | ",";

/** What the book was filled with. */
export interface DemoFillAnswer {
  /** How many accounts were opened. */
  accounts: number;
  /** How many customers. */
  customers: number;
  /** How many products. */
  products: number;
  /** How many transfers were made. */
  transfers: number;
}

/** A device that keeps a book. */
export interface Device {
  /** Stands before the numbers of its documents. */
  code: string;
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** Since when head office has shut it out, as far as this device has heard. */
  revoked_at: number | null;
}

/** The devices that keep a book. */
export interface DeviceListAnswer {
  /** All of them, this one among them. */
  rows: Device[];
}

/** What this device is to be called. */
export interface DeviceRenameInput {
  /** Such as Van 1. */
  name: string;
}

/** What makes postings. */
export type DocumentKind = "opening" | "transfer";

/** How a file's characters are written. */
export type Encoding = "utf-8" | "windows-1252";

/** How many entries there are. */
export interface EntriesStatus {
  /** When the oldest of those was made. */
  oldest_unsent_at: number | null;
  /** Made today. */
  today: number;
  /** All. */
  total: number;
  /** Not sent to a central database: all of them, while there is none. */
  unsent: number;
}

/** What became of an entry of this device. */
export type EntryState = "local" | "waiting" | "sent" | "applied" | "quarantined" | "dismissed" | "superseded";

/** A field that a column can be mapped to. */
export interface FieldShown {
  /** What it is. */
  about: string;
  /** Its name. */
  name: string;
  /** Whether every row must have it. */
  required: boolean;
}

/** Something that does not hold. */
export interface Found {
  code: Rule;
  /** A sentence. */
  message: string;
  /** The entry, where one is meant. */
  position: number | null;
  /** The row. */
  record_id: string | null;
  /** The table, where a row is meant. */
  table: string | null;
}

/** What one command did. */
export interface HistoryItem {
  /** When. */
  at: number;
  /** What changed. */
  changes: Change[];
  /** How many changes there are in all. */
  changes_total: number;
  /** The command. */
  command: string;
  /** What stands before the numbers of that device's documents. */
  device_code: string | null;
  /** On which device; none where head office wrote. */
  device_id: string | null;
  /** Its name. */
  device_name: string | null;
  /** Its hash, in hexadecimal. */
  hash: string;
  /** The life of the store it was made in. */
  incarnation_id: string | null;
  /** Who acted; nobody where head office wrote. */
  person_id: string | null;
  /** That person's name. */
  person_name: string | null;
  /** Its place among all entries of this store; of what others did, the entry that it came after. */
  position: number;
  /** Its number in book and incarnation. */
  sequence: number | null;
  state: EntryState;
  /** Its place in the book's log, of what others did. */
  version: number | null;
}

/** One page of a list. */
export interface HistoryListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: HistoryItem[];
}

/** Whose history. */
export interface HistoryListInput {
  /** Where the last page ended. */
  cursor?: string | null;
  /** How many rows. */
  limit?: number;
  /** One record's; the whole book's when it isn't given. */
  record_id?: string | null;
}

/** A dry run that was thrown away. */
export interface ImportDiscardAnswer {
  /** Whether there was one. */
  discarded: boolean;
}

/** Which dry run. */
export interface ImportDiscardInput {
  /** Which. */
  batch_id: string;
}

/** What a table looks like. */
export interface ImportInspectAnswer {
  /** What parts its columns. */
  delimiter: string;
  encoding: Encoding;
  /** The file's name. */
  file_name: string;
  /** Its columns. */
  header: string[];
  /** How many rows it has. */
  rows: number;
  /** Its first rows. */
  sample: string[][];
  /** Mappings that suit it, the best first. */
  suggested: SuggestionShown[];
}

/** Which table. */
export interface ImportInspectInput {
  /** The file. */
  path: string;
}

/** What can be imported. */
export interface ImportKindsAnswer {
  /** The kinds. */
  rows: KindShown[];
}

/** One page of a list. */
export interface ImportListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: Batch[];
}

/** Which page. */
export interface ImportListInput {
  /** Where the last page ended. */
  cursor?: string | null;
  /** How many rows. */
  limit?: number;
}

/** The refused rows that were written. */
export interface ImportRefusedAnswer {
  /** The file. */
  path: string;
  /** How many rows. */
  rows: number;
}

/** Where the refused rows go. */
export interface ImportRefusedInput {
  /** Which import. */
  batch_id: string;
  /** The file to be written. */
  path: string;
}

/** One page of a list. */
export interface ImportRowsAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: RowOutcome[];
}

/** Which import's rows. */
export interface ImportRowsInput {
  /** Which import. */
  batch_id: string;
  /** Where the last page ended. */
  cursor?: string | null;
  /** How many rows. */
  limit?: number;
}

/** An import that was begun. */
export interface ImportStartAnswer {
  batch: Batch;
  /** Whether it only tries. */
  dry_run: boolean;
}

/** An import to be begun. */
export interface ImportStartInput {
  /** For each field the name of its column. */
  columns: {
    [k: string]: string;
  };
  /** What parts whole from part in numbers. */
  decimal?: Decimal | null;
  /** Whether this only tries, on a copy of the store. */
  dry_run?: boolean;
  kind: Importable;
  /** The file. */
  path: string;
  /** The column that a row is recognised by; its content when it isn't given. */
  reference?: string | null;
  /** Keeps the mapping as the setting `import_mapping.{name}`. */
  save_as?: string | null;
}

/** What a step did. */
export interface ImportStepAnswer {
  batch: Batch;
  /** Whether nothing is left to do. */
  finished: boolean;
  /** The rows: in a dry run all of this step, else those that were refused. */
  rows: RowOutcome[];
}

/** What a step of taking back did. */
export interface ImportUndoAnswer {
  batch: Batch;
  /** Whether nothing is left to take back. */
  finished: boolean;
  /** How many it kept, because somebody changed them. */
  kept: number;
  /** How many records this step took out. */
  removed: number;
}

/** What can be imported. */
export type Importable = "customers" | "products";

/** The life that the store is in. */
export interface IncarnationStatus {
  /** Its id. */
  id: string;
  reason: Reason;
  /** When it began. */
  since_at: number;
}

/** A kind of import. */
export interface KindShown {
  /** Its fields. */
  fields: FieldShown[];
  kind: Importable;
}

/** How mark and store stand to each other. */
export type MarkState = "agrees" | "behind" | "ahead" | "foreign" | "missing";

/** How the mark stands to the store. */
export interface MarkStatus {
  /** Its hash, in hexadecimal. */
  hash: string | null;
  /** The newest entry's position; 0 before the first. */
  position: number;
  state: MarkState;
}

/** Nothing is asked. */
export interface Nothing {}

/** What was done to a row. */
export type Operation = "insert" | "update" | "delete";

/** What became of a row. */
export type Outcome = "added" | "known" | "refused";

/** What a person wants to see first. */
export interface OverviewAnswer {
  /** The open money accounts. */
  accounts: Account[];
  book: Book;
  /** How many customers are in use. */
  customers: number;
  /** What all money accounts held at the end of each of the last days, oldest first. */
  days: Day[];
  /** How many entries were made today. */
  entries_today: number;
  /** What came in today; transfers between money accounts are left out. */
  in_today_minor: number;
  /** What all money accounts hold. */
  money_minor: number;
  /** What went out today; likewise. */
  out_today_minor: number;
  /** How many products are in use. */
  products: number;
  /** What was done last. */
  recent: HistoryItem[];
  /** The business date. */
  today_date: string;
  /** How many transfers were made today. */
  transfers_today: number;
}

/** A person who acts in a book. */
export interface Person {
  /** The id. */
  id: string;
  /** The name. */
  name: string;
  role: Role;
}

/** A person to be added. */
export interface PersonAddInput {
  /** The name. */
  name: string;
  /** The id; made here when it isn't given. */
  person_id?: string;
  role: Role;
}

/** Which person. */
export interface PersonSelectInput {
  /** Which. */
  person_id: string;
}

/** A posting, with the names of its accounts. */
export interface Posting {
  /** How much. */
  amount_minor: number;
  /** The account that lost. */
  credit_account_id: string;
  /** Its name. */
  credit_account_name: string;
  /** The account that gained. */
  debit_account_id: string;
  /** Its name. */
  debit_account_name: string;
  /** Its id. */
  id: string;
  /** What it says. */
  memo: string | null;
}

/** A product. */
export interface Product {
  /** When it was put away. */
  archived_at: number | null;
  /** Its category. */
  category: string | null;
  /** When it was added. */
  created_at: number;
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** What one costs. */
  price_minor: number;
  /** What an edit must name as seen. */
  row_version: number;
  /** Its stock-keeping unit, if it has one. */
  sku: string | null;
  /** The tax that it carries. */
  tax_id: string | null;
  /** That tax's name. */
  tax_name: string | null;
  /** What one of it is: a bottle, a box of 24. */
  unit: string | null;
}

/** A product to be added. */
export interface ProductAddInput {
  /** Its category. */
  category?: string | null;
  /** Its name. */
  name: string;
  /** What one costs: not less than nothing. */
  price_minor: number;
  /** Its id; made here when it isn't given. */
  product_id?: string;
  /** Its stock-keeping unit, which no other product of the book may have. */
  sku?: string | null;
  /** The tax that it carries. */
  tax_id?: string | null;
  /** What one of it is. */
  unit?: string | null;
}

/** A change of a product. What is not given stays, null clears. */
export interface ProductEditInput {
  /** True puts it away, false takes it out again. */
  archived?: boolean | null;
  /** Its category. */
  category?: string | null;
  /** Its name. */
  name?: string | null;
  /** What one costs. */
  price_minor?: number | null;
  /** Which. */
  product_id: string;
  /** The version that the person saw. */
  row_version: number;
  /** Its stock-keeping unit. */
  sku?: string | null;
  /** The tax that it carries. */
  tax_id?: string | null;
  /** What one of it is. */
  unit?: string | null;
}

/** One page of a list. */
export interface ProductListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: Product[];
}

/** Which products a list shows. */
export interface ProductListInput {
  archived?: Shown;
  /** Where the last page ended. */
  cursor?: string | null;
  /** From the other end. */
  descending?: boolean;
  /** How many rows. */
  limit?: number;
  /** Words in name, stock-keeping unit or category. */
  search?: string | null;
  sort?: ProductSort;
}

/** How a list of products is sorted. */
export type ProductSort = "name" | "sku" | "price";

/** How far a round has come. */
export interface ProgressShown {
  /** Versions taken in. */
  pulled: number;
  /** Entries sent. */
  pushed: number;
  /** Their bytes. */
  pushed_bytes: number;
  /** Rows of a snapshot taken in. */
  rows: number;
  /** Versions still to be taken in. */
  to_pull: number;
  /** Entries that still wait. */
  to_push: number;
}

/** Why an incarnation began. */
export type Reason = "new" | "restored" | "rolled_back" | "replaced";

/** Why a nested step was refused while the rest stood. */
export interface Refused {
  code: Code;
  /** The sentence. */
  message: string;
}

/** A backup that was put in the store's place. */
export interface RestoreAnswer {
  /** How many entries the store holds now. */
  entries: number;
  /** The new incarnation. */
  incarnation_id: string;
  /** Where the store is kept that was there before. */
  kept_path: string;
}

/** Which backup. */
export interface RestoreInput {
  /** The file. */
  path: string;
}

/** What a person may do. */
export type Role = "owner" | "clerk";

/** A row and what became of it. */
export interface RowOutcome {
  /** The cells of a refused row. */
  cells: string[] | null;
  /** The code of the refusal. */
  code: Code | null;
  /** The column that it was refused for. */
  column: string | null;
  /** The sentence. */
  message: string | null;
  outcome: Outcome;
  /** The record that it became or was. */
  record_id: string | null;
  /** The row, 1 being the first below the header. */
  row: number;
}

/** A rule that does not hold. */
export type Rule =
  | "entry_missing"
  | "entry_changed"
  | "entry_unreadable"
  | "history_incomplete"
  | "mark_ahead"
  | "mark_foreign"
  | "version_changed"
  | "row_missing"
  | "row_unexplained"
  | "row_differs"
  | "balance_differs"
  | "document_differs"
  | "search_differs"
  | "unreadable";

/** A setting. */
export interface Setting {
  /** Its name. */
  key: string;
  /** Its value; null when it was never set. */
  value: unknown;
}

/** Which setting. */
export interface SettingGetInput {
  /** Its name: a-z, 0-9, `_`, `-` and `.`. */
  key: string;
}

/** A setting to be set. */
export interface SettingSetInput {
  /** Its name: a-z, 0-9, `_`, `-` and `.`. */
  key: string;
  /** Any JSON; null clears. */
  value: unknown;
}

/** Which records a list shows. */
export type Shown = "no" | "only" | "all";

/** A line of an account's statement. */
export interface StatementLine {
  /** Gained, or lost where negative. */
  amount_minor: number;
  /** What the account held after this line. */
  balance_minor: number;
  /** The other account. */
  counter_account_id: string;
  /** Its name. */
  counter_account_name: string;
  /** When it was written down. */
  created_at: number;
  /** The business date. */
  date: string;
  /** The document. */
  document_id: string;
  document_kind: DocumentKind;
  /** What it says. */
  memo: string | null;
  /** The document's number. */
  number: string | null;
  /** The posting. */
  posting_id: string;
  /** Whether it takes another document back. */
  reversal: boolean;
}

/** How the store is. */
export interface StatusAnswer {
  /** The book that is meant when none is named. */
  book: Book | null;
  /** The books that this device keeps. */
  books: Book[];
  /** This device in it. */
  device: Device | null;
  entries: EntriesStatus;
  incarnation: IncarnationStatus;
  /** When the last backup was made. */
  last_backup_at: number | null;
  mark: MarkStatus;
  /** Who acts. */
  person: Person | null;
  /** All people of the book. */
  persons: Person[];
  store: StoreStatus;
  /** This Daybook's version. */
  version: string;
}

/** Which import, and how many rows. */
export interface StepOrder {
  /** Which. */
  batch_id: string;
  /** How many rows: 500 when it isn't given. */
  rows?: number | null;
}

/** Where the store is, and how large. */
export interface StoreStatus {
  /** Its folder. */
  directory: string;
  /** Whether it was opened beside its owner. */
  read_only: boolean;
  /** The newest migration. */
  schema_version: number;
  /** The database and its log. */
  size_bytes: number;
  /** SQLite's version. */
  sqlite_version: string;
}

/** A mapping that suits a table. */
export interface SuggestionShown {
  /** For each field recognised, its column. */
  columns: {
    [k: string]: string;
  };
  kind: Importable;
  /** How many fields were recognised. */
  recognised: number;
}

/** What was joined. */
export interface SyncJoinAnswer {
  /** Whether this device brought the book along. */
  adopted: boolean;
  /** The book. */
  book_id: string;
}

/** How a device joins. */
export interface SyncJoinInput {
  /** The link, as head office gave it. */
  link: string;
}

/** What a round did. */
export interface SyncNowAnswer {
  /** Whether all tables agree with head office's, where they were compared. */
  agrees: boolean | null;
  /** Conflicts that came up. */
  conflicts: number;
  /** Versions taken in. */
  pulled: number;
  /** Entries sent. */
  pushed: number;
  /** Their bytes. */
  pushed_bytes: number;
  /** Rows of a snapshot taken in. */
  rows: number;
  /** The version that the book is at. */
  version: number;
}

/** Whether to compare as well. */
export interface SyncNowInput {
  /** Whether to compare all tables with head office's; by itself that is done every ten minutes, or every hour where nothing is new. */
  compare?: boolean;
}

/** Whether it is paused now. */
export interface SyncPauseAnswer {
  /** Whether it is paused. */
  paused: boolean;
}

/** Whether to pause. */
export interface SyncPauseInput {
  /** True pauses, false lets it go on. */
  paused: boolean;
}

/** How a book's sync is. */
export interface SyncStatusAnswer {
  /** Whether they agreed then; null when that is too long ago to speak for what is here now. */
  agrees: boolean | null;
  /** The newest at head office when it was last asked. */
  central_version: number;
  /** When the tables were last compared. */
  checked_at: number | null;
  /** What waits for a person, all in all. */
  conflicts: number;
  /** What differed. */
  finding: string | null;
  /** Head office's server. */
  host: string | null;
  /** Whether the book is synced at all. */
  joined: boolean;
  /** Whether a snapshot is still being taken in. */
  joining: boolean;
  /** Whether it is paused. */
  paused: boolean;
  /** Whether a round is under way, and how far it has come. */
  progress: ProgressShown | null;
  /** Entries that head office keeps for a person. */
  quarantined: number;
  /** When a round last went through. */
  synced_at: number | null;
  /** Entries made today on this device. */
  today: number;
  /** Of how many of those head office has said what became of them. */
  today_sent: number;
  /** What is in the way. */
  trouble: Trouble | null;
  /** The version of the book's log that this device has taken in. */
  version: number;
  /** Entries that wait for that. */
  waiting: number;
  /** Since when the oldest waits. */
  waiting_since_at: number | null;
}

/** A tax. */
export interface Tax {
  /** When it was put away. */
  archived_at: number | null;
  /** Its id. */
  id: string;
  /** Its name. */
  name: string;
  /** Parts per million: 75,000 is 7.5 %. */
  rate_ppm: number;
  /** What an edit must name as seen. */
  row_version: number;
}

/** A tax to be added. */
export interface TaxAddInput {
  /** Its name. */
  name: string;
  /** Parts per million: 75,000 is 7.5 %. */
  rate_ppm: number;
  /** Its id; made here when it isn't given. */
  tax_id?: string;
}

/** One page of a list. */
export interface TaxListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: Tax[];
}

/** Taxes are listed whole. */
export interface TaxListInput {}

/** A transfer and its postings. */
export interface Transfer {
  /** How much arrived. */
  amount_minor: number;
  /** When it was made. */
  created_at: number;
  /** The business date. */
  date: string;
  /** What it cost besides. */
  fee_minor: number;
  /** Where the money came from. */
  from_account_id: string;
  /** Its name. */
  from_account_name: string;
  /** Its id. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-T-{000001}`, without a gap for each device. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** That person's name. */
  person_name: string;
  /** What it posted. */
  postings: Posting[];
  /** The transfer that takes this one back. */
  reversed_by_id: string | null;
  /** The transfer that this one takes back. */
  reverses_id: string | null;
  /** Where it went. */
  to_account_id: string;
  /** Its name. */
  to_account_name: string;
}

/** A transfer that was made. */
export interface TransferFundsAnswer {
  /** Why an optional fee was not paid. */
  fee_refused: Refused | null;
  transfer: Transfer;
}

/** A transfer to be made. */
export interface TransferFundsInput {
  /** How much is to arrive: more than zero. */
  amount_minor: number;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What it costs besides, taken from the same account. */
  fee_minor?: number | null;
  /** Whether the transfer stands when the fee can't be paid. */
  fee_optional?: boolean;
  /** Where the money comes from. */
  from_account_id: string;
  /** What it says. */
  memo?: string | null;
  /** Where it goes. */
  to_account_id: string;
  /** Its id; made here when it isn't given. */
  transfer_id?: string;
}

/** One page of a list. */
export interface TransferListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The rows. */
  rows: Transfer[];
}

/** Which transfers a list shows. */
export interface TransferListInput {
  /** Only those from or to this account. */
  account_id?: string | null;
  /** Where the last page ended. */
  cursor?: string | null;
  /** From the other end: newest or largest first, unless said otherwise. */
  descending?: boolean;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /** Words in number or memo. */
  search?: string | null;
  sort?: TransferSort;
  /** The last business date. */
  to_date?: string | null;
}

/** A transfer to be taken back. */
export interface TransferReverseInput {
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** Why. */
  memo?: string | null;
  /** Which. */
  transfer_id: string;
}

/** A transfer and its other half, if there is one. */
export interface TransferShowAnswer {
  /** The transfer that it takes back, or the one that takes it back. */
  counterpart: Transfer | null;
  transfer: Transfer;
}

/** Which transfer. */
export interface TransferShowInput {
  /** Which. */
  transfer_id: string;
}

/** How a list of transfers is sorted. */
export type TransferSort = "date" | "amount";

/** What is in the way of a book's sync. */
export interface Trouble {
  code: Code;
  /** A sentence. */
  message: string;
  /** Since when. */
  since_at: number;
}

/** What was verified. */
export interface VerifyAnswer {
  /** How many entries were read. */
  entries: number;
  /** What does not hold. */
  findings: Found[];
  /** Whether everything holds. */
  holds: boolean;
  /** How long it took. */
  milliseconds: number;
  /** How many postings were added up. */
  postings: number;
  /** How many rows were compared. */
  rows: number;
}

export type AccountCloseAnswer = Account;
export type AccountEditAnswer = Account;
export type AccountHandOverAnswer = Account;
export type AccountOpenAnswer = Account;
export type ConflictListInput = Nothing;
export type CustomerAddAnswer = Customer;
export type CustomerArchiveAnswer = Customer;
export type CustomerEditAnswer = Customer;
export type CustomerShowAnswer = Customer;
export type DemoFillInput = Nothing;
export type DeviceListInput = Nothing;
export type DeviceRenameAnswer = Device;
export type ImportKindsInput = Nothing;
export type ImportStepInput = StepOrder;
export type ImportUndoInput = StepOrder;
export type OverviewInput = Nothing;
export type PersonAddAnswer = Person;
export type PersonSelectAnswer = Person;
export type ProductAddAnswer = Product;
export type ProductEditAnswer = Product;
export type SettingGetAnswer = Setting;
export type SettingSetAnswer = Setting;
export type StatusInput = Nothing;
export type SyncStatusInput = Nothing;
export type TaxAddAnswer = Tax;
export type TransferReverseAnswer = Transfer;
export type VerifyInput = Nothing;

export interface Commands {
  book_setup: { input: BookSetupInput; answer: BookSetupAnswer; kind: "write" };
  person_add: { input: PersonAddInput; answer: PersonAddAnswer; kind: "write" };
  person_select: { input: PersonSelectInput; answer: PersonSelectAnswer; kind: "write" };
  device_rename: { input: DeviceRenameInput; answer: DeviceRenameAnswer; kind: "write" };
  device_list: { input: DeviceListInput; answer: DeviceListAnswer; kind: "read" };
  account_open: { input: AccountOpenInput; answer: AccountOpenAnswer; kind: "write" };
  account_edit: { input: AccountEditInput; answer: AccountEditAnswer; kind: "write" };
  account_close: { input: AccountCloseInput; answer: AccountCloseAnswer; kind: "write" };
  account_hand_over: { input: AccountHandOverInput; answer: AccountHandOverAnswer; kind: "write" };
  account_list: { input: AccountListInput; answer: AccountListAnswer; kind: "read" };
  account_statement: { input: AccountStatementInput; answer: AccountStatementAnswer; kind: "read" };
  transfer_funds: { input: TransferFundsInput; answer: TransferFundsAnswer; kind: "write" };
  transfer_reverse: { input: TransferReverseInput; answer: TransferReverseAnswer; kind: "write" };
  transfer_show: { input: TransferShowInput; answer: TransferShowAnswer; kind: "read" };
  transfer_list: { input: TransferListInput; answer: TransferListAnswer; kind: "read" };
  customer_add: { input: CustomerAddInput; answer: CustomerAddAnswer; kind: "write" };
  customer_edit: { input: CustomerEditInput; answer: CustomerEditAnswer; kind: "write" };
  customer_archive: { input: CustomerArchiveInput; answer: CustomerArchiveAnswer; kind: "write" };
  customer_list: { input: CustomerListInput; answer: CustomerListAnswer; kind: "read" };
  customer_show: { input: CustomerShowInput; answer: CustomerShowAnswer; kind: "read" };
  product_add: { input: ProductAddInput; answer: ProductAddAnswer; kind: "write" };
  product_edit: { input: ProductEditInput; answer: ProductEditAnswer; kind: "write" };
  product_list: { input: ProductListInput; answer: ProductListAnswer; kind: "read" };
  tax_add: { input: TaxAddInput; answer: TaxAddAnswer; kind: "write" };
  tax_list: { input: TaxListInput; answer: TaxListAnswer; kind: "read" };
  history_list: { input: HistoryListInput; answer: HistoryListAnswer; kind: "read" };
  import_kinds: { input: ImportKindsInput; answer: ImportKindsAnswer; kind: "read" };
  import_inspect: { input: ImportInspectInput; answer: ImportInspectAnswer; kind: "task" };
  import_start: { input: ImportStartInput; answer: ImportStartAnswer; kind: "task" };
  import_step: { input: ImportStepInput; answer: ImportStepAnswer; kind: "task" };
  import_undo: { input: ImportUndoInput; answer: ImportUndoAnswer; kind: "task" };
  import_refused: { input: ImportRefusedInput; answer: ImportRefusedAnswer; kind: "task" };
  import_discard: { input: ImportDiscardInput; answer: ImportDiscardAnswer; kind: "task" };
  import_rows: { input: ImportRowsInput; answer: ImportRowsAnswer; kind: "read" };
  import_list: { input: ImportListInput; answer: ImportListAnswer; kind: "read" };
  overview: { input: OverviewInput; answer: OverviewAnswer; kind: "read" };
  status: { input: StatusInput; answer: StatusAnswer; kind: "read" };
  setting_get: { input: SettingGetInput; answer: SettingGetAnswer; kind: "read" };
  setting_set: { input: SettingSetInput; answer: SettingSetAnswer; kind: "write" };
  verify: { input: VerifyInput; answer: VerifyAnswer; kind: "task" };
  backup: { input: BackupInput; answer: BackupAnswer; kind: "task" };
  restore: { input: RestoreInput; answer: RestoreAnswer; kind: "task" };
  sync_join: { input: SyncJoinInput; answer: SyncJoinAnswer; kind: "task" };
  sync_now: { input: SyncNowInput; answer: SyncNowAnswer; kind: "task" };
  sync_status: { input: SyncStatusInput; answer: SyncStatusAnswer; kind: "read" };
  sync_pause: { input: SyncPauseInput; answer: SyncPauseAnswer; kind: "task" };
  conflict_list: { input: ConflictListInput; answer: ConflictListAnswer; kind: "read" };
  conflict_settle: { input: ConflictSettleInput; answer: ConflictSettleAnswer; kind: "write" };
  demo_fill: { input: DemoFillInput; answer: DemoFillAnswer; kind: "task" };
}

export type CommandName = keyof Commands;

/** The codes of all refusals: those that single commands name, those that any can meet with, and those of opening a store. */
export type ErrorCode =
  | "account_closed"
  | "account_not_empty"
  | "already_reversed"
  | "already_settled"
  | "archived"
  | "bad_csv"
  | "bad_currency"
  | "bad_cursor"
  | "bad_date"
  | "bad_email"
  | "bad_id"
  | "bad_link"
  | "bad_mapping"
  | "bad_text"
  | "bad_time_zone"
  | "batch_finished"
  | "batch_undone"
  | "book_not_empty"
  | "busy"
  | "central_differs"
  | "central_rewound"
  | "central_too_new"
  | "central_too_old"
  | "code_taken"
  | "copied"
  | "damaged"
  | "disk_full"
  | "empty"
  | "file_exists"
  | "file_unreadable"
  | "file_unwritable"
  | "id_taken"
  | "in_use"
  | "insufficient_funds"
  | "internal"
  | "io"
  | "key_ring_shut"
  | "malformed"
  | "migration_failed"
  | "missing_field"
  | "name_taken"
  | "no_book"
  | "no_person"
  | "not_a_backup"
  | "not_a_store"
  | "not_allowed"
  | "not_custodian"
  | "not_found"
  | "not_synced"
  | "out_of_range"
  | "outcome_unknown"
  | "read_only"
  | "refused"
  | "request_reused"
  | "same_account"
  | "stale"
  | "tls"
  | "too_long"
  | "too_new"
  | "unknown_choice"
  | "unknown_command"
  | "unknown_field"
  | "unreachable"
  | "wrong_account_kind"
  | "wrong_type";
