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
  /** The id, the same on every device. */
  id: string;
  kind: AccountKind;
  /** How people pay into it; null where its kind says it. */
  method: PaymentMethod | null;
  /** What it may never go below; null where it may. Only its custodian may change it. */
  minimum_minor: number | null;
  /** Its name, which no other open account of the book may have. */
  name: string;
  /** Whose till it is; null where it is nobody's own. */
  person_id: string | null;
  /** What an edit must name as seen. */
  row_version: number;
}

/** Which account, in the version that the person saw. */
export interface AccountCloseInput {
  /** The account that is meant. */
  account_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A change of an account. What is not given stays, null clears. */
export interface AccountEditInput {
  /** The record that is meant, by its id. */
  account_id: string;
  /** How people pay into it; null where its kind says it. */
  method?: PaymentMethod | null;
  /** What it may never go below; null where it may. Only its custodian may change it. */
  minimum_minor?: number | null;
  /** Its name, which no other open account of the book may have. */
  name?: string | null;
  /** Whose till it is; null where it is nobody's own. */
  person_id?: string | null;
  /** The version that the person saw. */
  row_version: number;
}

/** To whom an account goes. */
export interface AccountHandOverInput {
  /** The account that is meant. */
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
  | "bad_debt"
  | "opening";

/** One page of a list. */
export interface AccountListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
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
  /** How people pay into it, where its kind doesn't say it. */
  method?: PaymentMethod | null;
  /** What it may never go below: 0 for cash and mobile money when left out, null for no minimum. */
  minimum_minor?: number | null;
  /** As people call it; no other account of the book has it. */
  name: string;
  /** What it holds to begin with. */
  opening_minor?: number | null;
  /** Whose till it is. */
  person_id?: string | null;
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
  /** The account whose lines are listed. */
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
  /** How large the file is. */
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
  /** How many were there already, and the book says something else. */
  changed: number;
  /** When it was begun. */
  created_at: number;
  /** How many were looked at: the sum of the five below, until it is taken back. */
  done: number;
  /** How many have no text. */
  empty: number;
  /** The name of the file that the table came from. */
  file_name: string;
  /** What its steps name it by. */
  id: string;
  kind: Importable;
  /** How many were there already. */
  known: number;
  /** How many lines the file has. */
  lines: number;
  /** How many lines were looked at: those before the first row, and those of the rows that were. */
  lines_done: number;
  /** Who began it. */
  person_name: string;
  /** How many were refused. */
  refused: number;
  /** What its references belong to, where it has some. */
  source: string | null;
  state: BatchState;
  /** How many rows the table has. */
  total: number;
}

/** How far an import is. */
export type BatchState = "running" | "done" | "undoing" | "undone";

/** What belongs together and syncs together: a shop, a route, a branch. */
export interface Book {
  /** The smallest coin: what is paid in cash is rounded to it. Nothing where all are there. */
  cash_step_minor: number;
  /** Nothing is booked on that day or an earlier one any more; head office says so. */
  closed_through_date: string | null;
  /** The ISO 4217 code of all its amounts, such as EUR. */
  currency: string;
  /** How many decimals the currency's minor unit has. */
  currency_exponent: number;
  /** What its records and calls name it by. */
  id: string;
  /** Whether nothing in it is real: its papers say so. */
  is_training: boolean;
  /** As people call it, such as North route. */
  name: string;
  /** Whether the prices of products include their tax. */
  prices_include_tax: boolean;
  /** What an edit must name as seen. */
  row_version: number;
  /** The IANA name of the zone that its days begin in. */
  time_zone: string;
}

/** A change of the book's settings. What is not given stays. */
export interface BookEditInput {
  /** The smallest coin; nothing where all are there. */
  cash_step_minor?: number | null;
  /** Whether nothing in it is real. */
  is_training?: boolean | null;
  /** As people call it, such as North route. */
  name?: string | null;
  /** Whether the prices of products include their tax, from now on: documents that are there keep what they say. */
  prices_include_tax?: boolean | null;
  /** The version that the person saw. */
  row_version: number;
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
  /** What the row had in each column that changed. */
  columns: ColumnChange[];
  operation: Operation;
  /** The row. */
  record_id: string;
  /** What the row is called: by the change itself, or else by the row as it is now. */
  record_name: string | null;
  /** The table that the row is in. */
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
  | "below_minimum"
  | "not_custodian"
  | "period_closed"
  | "account_closed"
  | "account_not_empty"
  | "same_account"
  | "wrong_account_kind"
  | "already_opened"
  | "already_reversed"
  | "archived"
  | "last_owner"
  | "no_book"
  | "no_person"
  | "not_allowed"
  | "book_not_empty"
  | "clock_doubtful"
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
  | "no_store"
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
  /** The column, as the table has it. */
  name: string;
  /** What it holds after. */
  new: unknown;
  /** What it held before. */
  old: unknown;
}

/** Something that waits for a person. */
export interface Conflict {
  /** The column whose value it is about, if it is about one. */
  column: string | null;
  /** Since when it waits. */
  created_at: number;
  /** A sentence, where there is more to say. */
  detail: string | null;
  /** What settling names it by. */
  id: string;
  kind: ConflictKind;
  /** What was written here. */
  mine: unknown;
  /** When that was written. */
  mine_at: number | null;
  /** Who wrote it. */
  mine_person_name: string | null;
  /** The other record that has the same code. */
  other_id: string | null;
  /** What that one is called. */
  other_name: string | null;
  /** The record that has to be looked at. */
  record_id: string;
  /** What the record is called. */
  record_name: string | null;
  /** The table that the record is in. */
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

/** One page of a list. */
export interface ConflictListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Conflict[];
}

/** A conflict that was settled. */
export interface ConflictSettleAnswer {
  /** The conflict that is no more. */
  conflict_id: string;
  /** What stands now. */
  value: unknown;
}

/** A conflict to be settled. */
export interface ConflictSettleInput {
  choice: Choice;
  /** The conflict to end. */
  conflict_id: string;
  /** The third value, for the choice `value`. */
  value?: unknown;
}

/** A customer. */
export interface Customer {
  /** Street and house. */
  address: string | null;
  /** When it was archived. */
  archived_at: number | null;
  /** The town or village. */
  city: string | null;
  /** Its code, which no other customer of the book may have. */
  code: string | null;
  /** Whom to speak to. */
  contact: string | null;
  /** The country, as people write it. */
  country: string | null;
  /** When it was added. */
  created_at: number;
  /** What it may owe before an owner is asked; null where it may owe anything. */
  credit_limit_minor: number | null;
  /** An e-mail address. */
  email: string | null;
  /** The id, the same on every device. */
  id: string;
  /** What the customer is called. */
  name: string;
  /** Whatever else people want to know. */
  note: string | null;
  /** A phone number. */
  phone: string | null;
  /** Postal code, as text. */
  postal_code: string | null;
  /** The county, district or state. */
  region: string | null;
  /** The round that it is visited on. */
  route: string | null;
  /** What an edit must name as seen. */
  row_version: number;
  /** Its number with the tax authority. */
  tax_number: string | null;
  /** In how many days its bills are due; null where nothing was agreed. */
  terms_days: number | null;
}

/** A customer to be added. */
export interface CustomerAddInput {
  /** Street and house. */
  address?: string | null;
  /** The town or village. */
  city?: string | null;
  /** Its code, which no other customer of the book may have. */
  code?: string | null;
  /** Whom to speak to. */
  contact?: string | null;
  /** The country, as people write it. */
  country?: string | null;
  /** What it may owe before an owner is asked; null where it may owe anything. */
  credit_limit_minor?: number | null;
  /** The id; made here when it isn't given. */
  customer_id?: string;
  /** An e-mail address. */
  email?: string | null;
  /** What the customer is called. */
  name: string;
  /** Whatever else people want to know. */
  note?: string | null;
  /** A phone number. */
  phone?: string | null;
  /** Postal code, as text. */
  postal_code?: string | null;
  /** The county, district or state. */
  region?: string | null;
  /** The round that it is visited on. */
  route?: string | null;
  /** Its number with the tax authority. */
  tax_number?: string | null;
  /** In how many days its bills are due; null where nothing was agreed. */
  terms_days?: number | null;
}

/** A customer to be archived, or unarchived. */
export interface CustomerArchiveInput {
  /** False unarchives it. */
  archived?: boolean;
  /** The record that is meant, by its id. */
  customer_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A change of a customer. What is not given stays, null clears. */
export interface CustomerEditInput {
  /** Street and house. */
  address?: string | null;
  /** The town or village. */
  city?: string | null;
  /** Its code, which no other customer of the book may have. */
  code?: string | null;
  /** Whom to speak to. */
  contact?: string | null;
  /** The country, as people write it. */
  country?: string | null;
  /** What it may owe before an owner is asked; null where it may owe anything. */
  credit_limit_minor?: number | null;
  /** The record that is meant, by its id. */
  customer_id: string;
  /** An e-mail address. */
  email?: string | null;
  /** What the customer is called. */
  name?: string | null;
  /** Whatever else people want to know. */
  note?: string | null;
  /** A phone number. */
  phone?: string | null;
  /** Postal code, as text. */
  postal_code?: string | null;
  /** The county, district or state. */
  region?: string | null;
  /** The round that it is visited on. */
  route?: string | null;
  /** The version that the person saw. */
  row_version: number;
  /** Its number with the tax authority. */
  tax_number?: string | null;
  /** In how many days its bills are due; null where nothing was agreed. */
  terms_days?: number | null;
}

/** One page of a list that can be long, in which a person jumps. */
export interface CustomerListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** How many rows come before the page; told of a page that was not asked for by a cursor. */
  offset: number | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Customer[];
  /** How many rows the whole list has; told where it was asked to be counted. */
  total: number | null;
}

/** Which customers a list shows. */
export interface CustomerListInput {
  archived?: Shown;
  /** Whether the whole list is counted. */
  count?: boolean;
  /** Where the last page ended. */
  cursor?: string | null;
  /** From the other end. */
  descending?: boolean;
  /** Begins the page at the first row whose name begins with this or comes after it; in place of a cursor, in a list by name. */
  from?: string | null;
  /** How many rows. */
  limit?: number;
  /** How many rows from the top the page begins; in place of a cursor. */
  offset?: number | null;
  /** Words in name, code, contact or city, and phone numbers by their digits. */
  search?: string | null;
  sort?: CustomerSort;
}

/** Which customer. */
export interface CustomerShowInput {
  /** The customer that is meant. */
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

/** The decimal mark of a number, before its fraction. */
export type Decimal = "." | ",";

/** The character between the columns of a table. */
export type Delimiter = "," | ";" | "\t" | "|";

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
  /** What the records that it made name it by. */
  id: string;
  /** As people call it, such as Van 1. */
  name: string;
  /** Since when head office has shut it out, as far as this device has heard. */
  revoked_at: number | null;
}

/** One page of a list. */
export interface DeviceListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Device[];
}

/** What this device is to be called. */
export interface DeviceRenameInput {
  /** Such as Van 1. */
  name: string;
}

/** What makes postings. */
export type DocumentKind = "opening" | "transfer" | "adjustment";

export type EncodingName =
  | "utf-8"
  | "utf-16le"
  | "utf-16be"
  | "windows-1252"
  | "windows-1251"
  | "windows-1250"
  | "windows-1253"
  | "windows-1254"
  | "windows-1255"
  | "windows-1256"
  | "windows-1257"
  | "windows-1258"
  | "windows-874"
  | "iso-8859-2"
  | "iso-8859-3"
  | "iso-8859-4"
  | "iso-8859-5"
  | "iso-8859-6"
  | "iso-8859-7"
  | "iso-8859-8"
  | "iso-8859-8-i"
  | "iso-8859-10"
  | "iso-8859-13"
  | "iso-8859-14"
  | "iso-8859-15"
  | "iso-8859-16"
  | "koi8-r"
  | "koi8-u"
  | "ibm866"
  | "macintosh"
  | "x-mac-cyrillic"
  | "gbk"
  | "gb18030"
  | "big5"
  | "shift_jis"
  | "euc-jp"
  | "iso-2022-jp"
  | "euc-kr"
  | "x-user-defined";

/** How many entries there are. */
export interface EntriesStatus {
  /** Made today. */
  today: number;
  /** Made since the store began. */
  total: number;
}

/** What became of an entry of this device. */
export type EntryState = "local" | "waiting" | "sent" | "applied" | "quarantined" | "dismissed" | "superseded";

/** A field that a column can be mapped to. */
export interface FieldShown {
  /** What its cells hold, in a sentence. */
  about: string;
  /** As a mapping names it. */
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
  /** When it was done. */
  at: number;
  /** What changed. */
  changes: Change[];
  /** How many changes there are in all. */
  changes_total: number;
  /** The command's name; `head_office` for what was written there. */
  command: string;
  /** What stands before the numbers of that device's documents. */
  device_code: string | null;
  /** On which device; none where head office wrote. */
  device_id: string | null;
  /** The name of the device that it was done on. */
  device_name: string | null;
  /** Its hash, in hexadecimal. */
  hash: string;
  /** The life of the store it was made in. */
  incarnation_id: string | null;
  /** Who acted; nobody where head office wrote. */
  person_id: string | null;
  /** The name of who acted. */
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
  /** Up to as many as were asked for, in the order that was asked for. */
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
  /** The dry run to throw away. */
  batch_id: string;
}

/** What a table looks like. */
export interface ImportInspectAnswer {
  /** What import_start has to be told, for the file doesn't tell it: `encoding`, `delimiter`. */
  asks: string[];
  /** The decimal mark of each column whose numbers tell it. */
  decimals: {
    [k: string]: Decimal;
  };
  delimiter: Delimiter;
  encoding: EncodingName;
  /** The encodings that it may have, the likeliest first. */
  encodings: EncodingName[];
  /** The last part of the path, as the import will be called. */
  file_name: string;
  /** Its columns. */
  header: string[];
  /** How many lines it has. */
  lines: number;
  /** How many rows it has, those without text included. */
  rows: number;
  /** Its first rows that have text, up to 4 KiB of each. */
  sample: string[][];
  /** How many lines stand before the one that names the columns: those without text, and one like `sep=;`. */
  skip_lines: number;
  /** What its references most likely belong to. */
  source: string;
  /** Mappings that suit it, the best first. */
  suggested: SuggestionShown[];
}

/** Which table, and what is known of it. */
export interface ImportInspectInput {
  /** The delimiter between its columns: `,`, `;`, `|` or a tab. */
  delimiter?: Delimiter | null;
  /** How its characters are written: `utf-8`, `utf-16le`, `windows-1251`, or another label of the WHATWG's encodings. */
  encoding?: EncodingName | null;
  /** The file. */
  path: string;
  /** How many lines stand before the one that names the columns. */
  skip_lines?: number | null;
}

/** One page of a list. */
export interface ImportKindsAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: KindShown[];
}

/** One page of a list. */
export interface ImportListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
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
  /** Up to as many as were asked for, in the order that was asked for. */
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

/** What a whole import did, or would do. */
export interface ImportRunAnswer {
  batch: Batch;
  /** Whether it only tried. */
  dry_run: boolean;
  /** The first thousand rows that were refused or say something else than the book. */
  rows: RowOutcome[];
  /** How many such rows there are besides; import_rows lists those of a real import. */
  rows_left_off: number;
}

/** An import that was begun. */
export interface ImportStartAnswer {
  batch: Batch;
  /** Whether it only tries. */
  dry_run: boolean;
}

/** What a step did. */
export interface ImportStepAnswer {
  batch: Batch;
  /** Whether nothing is left to do. */
  finished: boolean;
  /** The rows: in a dry run all of this step, else those that were refused or say something else than the book. */
  rows: RowOutcome[];
}

/** What a step of taking back did. */
export interface ImportUndoAnswer {
  /** How many of them it archived, because other devices may know them; the others are gone. */
  archived: number;
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
  /** Stands in each of its entries. */
  id: string;
  reason: Reason;
  /** When it began. */
  since_at: number;
}

/** A kind of import. */
export interface KindShown {
  /** What columns can be mapped to. */
  fields: FieldShown[];
  kind: Importable;
}

/** Entries that are gone, until a person has seen it. */
export interface Loss {
  /** When it was found. */
  found_at: number;
  /** The first entry that is gone. */
  from_position: number;
  /** The folder that keeps the store as it was found. */
  kept_path: string;
  /** A sentence. */
  message: string;
  /** The last one, which the mark names. */
  to_position: number;
}

/** What was seen. */
export interface LossSeenAnswer {
  /** How many losses were not seen before. */
  losses: number;
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

/** An account that was below its minimum. */
export interface Note {
  /** Which account it is that was. */
  account_id: string;
  /** A sentence, with the first of the days. */
  message: string;
}

/** Nothing is asked. */
export interface Nothing {}

/** An opening balance. */
export interface Opening {
  /** The account that was opened with it. */
  account_id: string;
  /** What that account is called. */
  account_name: string;
  /** What the account held: less than zero where that was owed. */
  amount_minor: number;
  /** When it was made. */
  created_at: number;
  /** The business date. */
  date: string;
  /** What a reversal names it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** The opening balance that reverses this one. */
  reversed_by_id: string | null;
  /** The opening balance that this one reverses. */
  reverses_id: string | null;
}

/** An opening balance to be entered, for an account that has none, or whose own was reversed. */
export interface OpeningAddInput {
  /** Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept. */
  accept_below_minimum?: boolean;
  /** The account that is to begin with it. */
  account_id: string;
  /** What the account held: less than zero where that was owed. */
  amount_minor: number;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What it says. */
  memo?: string | null;
  /** Its id; made here when it isn't given. */
  opening_id?: string;
}

/** An opening balance to be reversed. */
export interface OpeningReverseInput {
  /** Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept. */
  accept_below_minimum?: boolean;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** Why it is reversed. */
  memo?: string | null;
  /** The opening balance. */
  opening_id: string;
}

/** Which opening balance. */
export interface OpeningShowInput {
  /** The opening balance's id. */
  opening_id: string;
}

/** What was done to a row. */
export type Operation = "insert" | "update" | "delete";

/** What became of a row. */
export type Outcome = "added" | "known" | "changed" | "refused" | "empty";

/** What a person wants to see first. */
export interface OverviewAnswer {
  /** The open money accounts. */
  accounts: Account[];
  book: Book;
  /** How many customers are in use. */
  customers: number;
  /** What all money accounts held at the end of each of the last days, oldest first. */
  days: Day[];
  /** What came in today; transfers between money accounts are left out. */
  in_today_minor: number;
  /** What all money accounts hold. */
  money_minor: number;
  /** What these transfers moved. */
  moved_today_minor: number;
  /** What went out today; likewise. */
  out_today_minor: number;
  /** How many products are in use. */
  products: number;
  /** What was done last. */
  recent: HistoryItem[];
  /** The business date. */
  today_date: string;
  /** How many transfers were made today, without those that were reversed and what reverses them. */
  transfers_today: number;
}

/** How people pay, as papers and tax authorities name it. */
export type PaymentMethod = "cash" | "mobile_money" | "bank" | "card" | "cheque" | "other";

/** A person who acts in a book. */
export interface Person {
  /** When the person was archived. */
  archived_at: number | null;
  /** The id, the same on every device. */
  id: string;
  /** The name, which nobody else in the book may have. */
  name: string;
  role: Role;
  /** What an edit must name as seen. */
  row_version: number;
}

/** A person to be added. */
export interface PersonAddInput {
  /** The name, which nobody else in the book may have. */
  name: string;
  /** The id; made here when it isn't given. */
  person_id?: string;
  role: Role;
}

/** A person to be archived, or unarchived. */
export interface PersonArchiveInput {
  /** False unarchives it. */
  archived?: boolean;
  /** The record that is meant, by its id. */
  person_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A change of a person. What is not given stays. */
export interface PersonEditInput {
  /** The name, which nobody else in the book may have. */
  name?: string | null;
  /** The record that is meant, by its id. */
  person_id: string;
  /** What the person may do. */
  role?: Role | null;
  /** The version that the person saw. */
  row_version: number;
}

/** One page of a list. */
export interface PersonListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Person[];
}

/** Which people a list shows. */
export interface PersonListInput {
  archived?: Shown;
}

/** Which person. */
export interface PersonSelectInput {
  /** The person who acts from now on. */
  person_id: string;
}

/** A posting, with the names of its accounts. */
export interface Posting {
  /** How much moved from one to the other. */
  amount_minor: number;
  /** The account that lost. */
  credit_account_id: string;
  /** The name of the account that lost. */
  credit_account_name: string;
  /** The account that gained. */
  debit_account_id: string;
  /** The name of the account that gained. */
  debit_account_name: string;
  /** The id that its line in each statement carries. */
  id: string;
  /** What it says. */
  memo: string | null;
}

/** A product. */
export interface Product {
  /** When it was archived. */
  archived_at: number | null;
  /** What a scanner reads on it. */
  barcode: string | null;
  /** The group that it is sold in. */
  category: string | null;
  /** What the tax authority classes it as: an HSN, GPC or eTIMS code. */
  class_code: string | null;
  /** When it was added. */
  created_at: number;
  /** The id, the same on every device. */
  id: string;
  /** Whether it can be counted; a service can't. */
  is_stocked: boolean;
  /** What the product is called. */
  name: string;
  /** What one costs: not less than nothing. */
  price_minor: number;
  /** What an edit must name as seen. */
  row_version: number;
  /** Its stock-keeping unit, which no other product of the book may have. */
  sku: string | null;
  /** The tax that it carries. */
  tax_id: string | null;
  /** What that tax is called. */
  tax_name: string | null;
  /** What one of it is: a bottle, a box of 24. */
  unit: string | null;
}

/** A product to be added. */
export interface ProductAddInput {
  /** What a scanner reads on it. */
  barcode?: string | null;
  /** The group that it is sold in. */
  category?: string | null;
  /** What the tax authority classes it as: an HSN, GPC or eTIMS code. */
  class_code?: string | null;
  /** Whether it can be counted; a service can't. */
  is_stocked?: boolean | null;
  /** What the product is called. */
  name: string;
  /** What one costs: not less than nothing. */
  price_minor: number;
  /** The id; made here when it isn't given. */
  product_id?: string;
  /** Its stock-keeping unit, which no other product of the book may have. */
  sku?: string | null;
  /** The tax that it carries. */
  tax_id?: string | null;
  /** What one of it is: a bottle, a box of 24. */
  unit?: string | null;
}

/** A product to be archived, or unarchived. */
export interface ProductArchiveInput {
  /** False unarchives it. */
  archived?: boolean;
  /** The record that is meant, by its id. */
  product_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A change of a product. What is not given stays, null clears. */
export interface ProductEditInput {
  /** What a scanner reads on it. */
  barcode?: string | null;
  /** The group that it is sold in. */
  category?: string | null;
  /** What the tax authority classes it as: an HSN, GPC or eTIMS code. */
  class_code?: string | null;
  /** Whether it can be counted; a service can't. */
  is_stocked?: boolean | null;
  /** What the product is called. */
  name?: string | null;
  /** What one costs: not less than nothing. */
  price_minor?: number | null;
  /** The record that is meant, by its id. */
  product_id: string;
  /** The version that the person saw. */
  row_version: number;
  /** Its stock-keeping unit, which no other product of the book may have. */
  sku?: string | null;
  /** The tax that it carries. */
  tax_id?: string | null;
  /** What one of it is: a bottle, a box of 24. */
  unit?: string | null;
}

/** One page of a list that can be long, in which a person jumps. */
export interface ProductListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** How many rows come before the page; told of a page that was not asked for by a cursor. */
  offset: number | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Product[];
  /** How many rows the whole list has; told where it was asked to be counted. */
  total: number | null;
}

/** Which products a list shows. */
export interface ProductListInput {
  archived?: Shown;
  /** Whether the whole list is counted. */
  count?: boolean;
  /** Where the last page ended. */
  cursor?: string | null;
  /** From the other end. */
  descending?: boolean;
  /** Begins the page at the first row whose name begins with this or comes after it; in place of a cursor, in a list by name. */
  from?: string | null;
  /** How many rows. */
  limit?: number;
  /** How many rows from the top the page begins; in place of a cursor. */
  offset?: number | null;
  /** Words in name, stock-keeping unit or category. */
  search?: string | null;
  sort?: ProductSort;
}

/** Which product. */
export interface ProductShowInput {
  /** The product that is meant. */
  product_id: string;
}

/** How a list of products is sorted. */
export type ProductSort = "name" | "sku" | "price";

/** Who sells. */
export interface Profile {
  /** Where it is, in lines. */
  address: string | null;
  /** Which of its branches this is, as the tax authority numbers them. */
  branch_code: string | null;
  /** Since when it is in use. */
  created_at: number;
  /** What stands at the end of each paper. */
  footer: string | null;
  /** What the documents that were made under it name it by. */
  id: string;
  /** The name that the business is registered under. */
  legal_name: string;
  /** A phone number to call. */
  phone: string | null;
  /** Its number with the tax authority. */
  tax_number: string | null;
}

/** The next profile of the book. It says all of it anew: what is not given is nothing. */
export interface ProfileSetInput {
  /** Where it is, in lines. */
  address?: string | null;
  /** Which of its branches this is, as the tax authority numbers them. */
  branch_code?: string | null;
  /** What stands at the end of each paper. */
  footer?: string | null;
  /** The name that the business is registered under. */
  legal_name: string;
  /** A phone number to call. */
  phone?: string | null;
  /** Its id; made here when it isn't given. */
  profile_id?: string;
  /** Its number with the tax authority. */
  tax_number?: string | null;
}

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
  /** For how many seconds head office has not answered what it is asked; null where it isn't asked at this moment. */
  silent_seconds: number | null;
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
  /** The sentence for the person who asked. */
  message: string;
}

/** A backup that was put in the store's place. */
export interface RestoreAnswer {
  /** How many entries the store holds now. */
  entries: number;
  /** The new incarnation. */
  incarnation_id: string;
  /** Where the store is kept that was there before; null where there was none. */
  kept_path: string | null;
  /**
   * Whether this device was in a head office that the backup does not know, and has to join again with a new link: `sync_status` says
   * so, too, until it has.
   */
  must_join_again: boolean;
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
  /** The cells of a row that was refused or says something else, up to 4 KiB of them; the message says where they were cut. */
  cells: string[] | null;
  /** The code of the remark. */
  code: Code | null;
  /** The column that it was refused for, or the first that says something else than the book. */
  column: string | null;
  /** The line of the file that it begins in. */
  line: number;
  /** How many lines it has: more than one where a cell in quotes has. */
  lines: number;
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
  | "unreadable"
  | "unsound"
  | "request_repeated"
  | "entries_lost";

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

/** An import to be begun. */
export interface StartOrder {
  /** For each field the name of its column. */
  columns: {
    [k: string]: string;
  };
  /** The decimal mark of amounts; needed where their column doesn't tell it. */
  decimal?: Decimal | null;
  /** The delimiter between its columns: `,`, `;`, `|` or a tab; needed where the file doesn't tell it. */
  delimiter?: Delimiter | null;
  /** Whether this only tries, on a copy of the store. */
  dry_run?: boolean;
  /** How its characters are written; needed where the file doesn't tell it. */
  encoding?: EncodingName | null;
  kind: Importable;
  /** The file. */
  path: string;
  /** The column that a row is recognised by; its content when it isn't given. No two rows of a table have the same. */
  reference?: string | null;
  /** Keeps the mapping as the setting `import_mapping.{name}`. */
  save_as?: string | null;
  /**
   * How many lines stand before the one that names the columns: those without text, and one like `sep=;`, when it isn't
   * given.
   */
  skip_lines?: number | null;
  /** What the references belong to, such as a supplier or the old program; as the file's name suggests when it isn't given. */
  source?: string | null;
  /**
   * Whether a record that says something else than its row is changed to what the row says; else that is only told. Cells that
   * say nothing change nothing.
   */
  take_changes?: boolean;
}

/** A line of an account's statement. */
export interface StatementLine {
  /** Gained, or lost where negative. */
  amount_minor: number;
  /** What the account held after this line. */
  balance_minor: number;
  /** The other account. */
  counter_account_id: string;
  /** The name of that other account. */
  counter_account_name: string;
  /** When it was written down. */
  created_at: number;
  /** The business date. */
  date: string;
  /** The document that made it. */
  document_id: string;
  document_kind: DocumentKind;
  /** What it says. */
  memo: string | null;
  /** The document's number. */
  number: string | null;
  /** The posting that this is one side of. */
  posting_id: string;
  /** Whether it takes another document back. */
  reversal: boolean;
  /** Whether another document takes it back. */
  reversed: boolean;
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
  /** Entries that are gone, until `loss_seen` says that a person has seen it. */
  losses: Loss[];
  mark: MarkStatus;
  /** Who acts. */
  person: Person | null;
  /** The people of the book who are not archived. */
  persons: Person[];
  store: StoreStatus;
  /** This Daybook's version. */
  version: string;
}

/** Which import, and how many rows. */
export interface StepOrder {
  /** The import to go on with. */
  batch_id: string;
  /** How many rows at most: 500 when it isn't given. Fewer are taken where they are long. */
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
  /** The version of the SQLite that is built in. */
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
  /** The book that is synced from now on. */
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
  /** When another store was last seen to go on as this device; null while none was. One of the two has to be enrolled anew. */
  copied_at: number | null;
  /** What differed. */
  finding: string | null;
  /** Head office's server. */
  host: string | null;
  /** Whether the book is synced at all. */
  joined: boolean;
  /** Whether the book is still on its way: its rows come first, and then its log is followed. */
  joining: boolean;
  /** Whether it is paused. */
  paused: boolean;
  /** Whether a round is under way, and how far it has come. */
  progress: ProgressShown | null;
  /** Entries that head office keeps for a person. */
  quarantined: number;
  /** How many rows of such a book are here by now; null where none is on its way. */
  received_rows: number | null;
  /** When a round last went through. */
  synced_at: number | null;
  /** Entries made today on this device. */
  today: number;
  /** Of how many of those head office has said what became of them. */
  today_sent: number;
  /** What is in the way. */
  trouble: Trouble | null;
  /** The version of the book's log that this device has taken in; 0 while it joins. */
  version: number;
  /** Entries that wait for that. */
  waiting: number;
  /** Since when the oldest waits. */
  waiting_since_at: number | null;
}

/** A tax. */
export interface Tax {
  /** When it was archived. */
  archived_at: number | null;
  /** What papers call it: a letter, or `exempt`. */
  code: string | null;
  /** The id, the same on every device. */
  id: string;
  /** Its name, which no other tax of the book may have. */
  name: string;
  /** Why nothing is taxed, where the rate is nothing. */
  note: string | null;
  /** Parts per million: 75,000 is 7.5 %. */
  rate_ppm: number;
  /** What an edit must name as seen. */
  row_version: number;
}

/** A tax to be added. */
export interface TaxAddInput {
  /** What papers call it: a letter, or `exempt`. */
  code?: string | null;
  /** Its name, which no other tax of the book may have. */
  name: string;
  /** Why nothing is taxed, where the rate is nothing. */
  note?: string | null;
  /** Parts per million: 75,000 is 7.5 %. */
  rate_ppm: number;
  /** The id; made here when it isn't given. */
  tax_id?: string;
}

/** A tax to be archived, or unarchived. */
export interface TaxArchiveInput {
  /** False unarchives it. */
  archived?: boolean;
  /** The version that the person saw. */
  row_version: number;
  /** The record that is meant, by its id. */
  tax_id: string;
}

/** A change of a tax. What is not given stays. */
export interface TaxEditInput {
  /** What papers call it: a letter, or `exempt`. */
  code?: string | null;
  /** Its name, which no other tax of the book may have. */
  name?: string | null;
  /** Why nothing is taxed, where the rate is nothing. */
  note?: string | null;
  /** Parts per million: 75,000 is 7.5 %. */
  rate_ppm?: number | null;
  /** The version that the person saw. */
  row_version: number;
  /** The record that is meant, by its id. */
  tax_id: string;
}

/** One page of a list. */
export interface TaxListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Tax[];
}

/** Which taxes a list shows. */
export interface TaxListInput {
  archived?: Shown;
}

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
  /** The name of the account that paid. */
  from_account_name: string;
  /** What a reversal names it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** What it posted. */
  postings: Posting[];
  /** The transfer that takes this one back. */
  reversed_by_id: string | null;
  /** The transfer that this one takes back. */
  reverses_id: string | null;
  /** Where it went. */
  to_account_id: string;
  /** The name of the account that was paid. */
  to_account_name: string;
}

/** A transfer that was made. */
export interface TransferFundsAnswer {
  /** How much arrived. */
  amount_minor: number;
  /** When it was made. */
  created_at: number;
  /** The business date. */
  date: string;
  /** What it cost besides. */
  fee_minor: number;
  /** Why an optional fee was not paid. */
  fee_refused: Refused | null;
  /** Where the money came from. */
  from_account_id: string;
  /** The name of the account that paid. */
  from_account_name: string;
  /** What a reversal names it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** What it posted. */
  postings: Posting[];
  /** The transfer that takes this one back. */
  reversed_by_id: string | null;
  /** The transfer that this one takes back. */
  reverses_id: string | null;
  /** Where it went. */
  to_account_id: string;
  /** The name of the account that was paid. */
  to_account_name: string;
}

/** A transfer to be made. */
export interface TransferFundsInput {
  /** Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept. */
  accept_below_minimum?: boolean;
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
  /** Up to as many as were asked for, in the order that was asked for. */
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
  /** Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept. */
  accept_below_minimum?: boolean;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** Why it is taken back. */
  memo?: string | null;
  /** The transfer to take back. */
  transfer_id: string;
}

/** A transfer and its other half, if there is one. */
export interface TransferShowAnswer {
  /** The transfer that it reverses, or the one that reverses it. */
  counterpart: Transfer | null;
  transfer: Transfer;
}

/** Which transfer. */
export interface TransferShowInput {
  /** The transfer to be shown. */
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
  /** What holds, and which a person should know all the same: accounts that were below their minimum at the end of a day. */
  notes: Note[];
  /** How many postings were added up. */
  postings: number;
  /** How many rows were compared. */
  rows: number;
}

export type AccountCloseAnswer = Account;
export type AccountEditAnswer = Account;
export type AccountHandOverAnswer = Account;
export type AccountOpenAnswer = Account;
export type BookEditAnswer = Book;
export type ConflictListInput = Nothing;
export type CustomerAddAnswer = Customer;
export type CustomerArchiveAnswer = Customer;
export type CustomerEditAnswer = Customer;
export type CustomerShowAnswer = Customer;
export type DemoFillInput = Nothing;
export type DeviceListInput = Nothing;
export type DeviceRenameAnswer = Device;
export type ImportKindsInput = Nothing;
export type ImportRunInput = StartOrder;
export type ImportStartInput = StartOrder;
export type ImportStepInput = StepOrder;
export type ImportUndoInput = StepOrder;
export type LossSeenInput = Nothing;
export type OpeningAddAnswer = Opening;
export type OpeningReverseAnswer = Opening;
export type OpeningShowAnswer = Opening;
export type OverviewInput = Nothing;
export type PersonAddAnswer = Person;
export type PersonArchiveAnswer = Person;
export type PersonEditAnswer = Person;
export type PersonSelectAnswer = Person;
export type ProductAddAnswer = Product;
export type ProductArchiveAnswer = Product;
export type ProductEditAnswer = Product;
export type ProductShowAnswer = Product;
export type ProfileSetAnswer = Profile;
export type ProfileShowAnswer = Profile;
export type ProfileShowInput = Nothing;
export type SettingGetAnswer = Setting;
export type SettingSetAnswer = Setting;
export type StatusInput = Nothing;
export type SyncStatusInput = Nothing;
export type TaxAddAnswer = Tax;
export type TaxArchiveAnswer = Tax;
export type TaxEditAnswer = Tax;
export type TransferReverseAnswer = Transfer;
export type VerifyInput = Nothing;

export interface Commands {
  book_setup: { input: BookSetupInput; answer: BookSetupAnswer; kind: "write" };
  book_edit: { input: BookEditInput; answer: BookEditAnswer; kind: "write" };
  profile_set: { input: ProfileSetInput; answer: ProfileSetAnswer; kind: "write" };
  profile_show: { input: ProfileShowInput; answer: ProfileShowAnswer; kind: "read" };
  person_add: { input: PersonAddInput; answer: PersonAddAnswer; kind: "write" };
  person_edit: { input: PersonEditInput; answer: PersonEditAnswer; kind: "write" };
  person_archive: { input: PersonArchiveInput; answer: PersonArchiveAnswer; kind: "write" };
  person_list: { input: PersonListInput; answer: PersonListAnswer; kind: "read" };
  person_select: { input: PersonSelectInput; answer: PersonSelectAnswer; kind: "write" };
  device_rename: { input: DeviceRenameInput; answer: DeviceRenameAnswer; kind: "write" };
  device_list: { input: DeviceListInput; answer: DeviceListAnswer; kind: "read" };
  account_open: { input: AccountOpenInput; answer: AccountOpenAnswer; kind: "write" };
  account_edit: { input: AccountEditInput; answer: AccountEditAnswer; kind: "write" };
  account_close: { input: AccountCloseInput; answer: AccountCloseAnswer; kind: "write" };
  account_hand_over: { input: AccountHandOverInput; answer: AccountHandOverAnswer; kind: "write" };
  opening_add: { input: OpeningAddInput; answer: OpeningAddAnswer; kind: "write" };
  opening_reverse: { input: OpeningReverseInput; answer: OpeningReverseAnswer; kind: "write" };
  opening_show: { input: OpeningShowInput; answer: OpeningShowAnswer; kind: "read" };
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
  product_archive: { input: ProductArchiveInput; answer: ProductArchiveAnswer; kind: "write" };
  product_list: { input: ProductListInput; answer: ProductListAnswer; kind: "read" };
  product_show: { input: ProductShowInput; answer: ProductShowAnswer; kind: "read" };
  tax_add: { input: TaxAddInput; answer: TaxAddAnswer; kind: "write" };
  tax_edit: { input: TaxEditInput; answer: TaxEditAnswer; kind: "write" };
  tax_archive: { input: TaxArchiveInput; answer: TaxArchiveAnswer; kind: "write" };
  tax_list: { input: TaxListInput; answer: TaxListAnswer; kind: "read" };
  history_list: { input: HistoryListInput; answer: HistoryListAnswer; kind: "read" };
  import_kinds: { input: ImportKindsInput; answer: ImportKindsAnswer; kind: "read" };
  import_inspect: { input: ImportInspectInput; answer: ImportInspectAnswer; kind: "task" };
  import_start: { input: ImportStartInput; answer: ImportStartAnswer; kind: "task" };
  import_step: { input: ImportStepInput; answer: ImportStepAnswer; kind: "task" };
  import_run: { input: ImportRunInput; answer: ImportRunAnswer; kind: "task" };
  import_undo: { input: ImportUndoInput; answer: ImportUndoAnswer; kind: "task" };
  import_refused: { input: ImportRefusedInput; answer: ImportRefusedAnswer; kind: "task" };
  import_discard: { input: ImportDiscardInput; answer: ImportDiscardAnswer; kind: "task" };
  import_rows: { input: ImportRowsInput; answer: ImportRowsAnswer; kind: "read" };
  import_list: { input: ImportListInput; answer: ImportListAnswer; kind: "read" };
  overview: { input: OverviewInput; answer: OverviewAnswer; kind: "read" };
  status: { input: StatusInput; answer: StatusAnswer; kind: "read" };
  loss_seen: { input: LossSeenInput; answer: LossSeenAnswer; kind: "write" };
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

/** The tables that a command's answer rests on; null where that is any of them. */
export const RESTS_ON: Readonly<Record<CommandName, readonly string[] | null>> = {
  book_setup: null,
  book_edit: null,
  profile_set: null,
  profile_show: ["book_profile"],
  person_add: null,
  person_edit: null,
  person_archive: null,
  person_list: ["person"],
  person_select: null,
  device_rename: null,
  device_list: ["device"],
  account_open: null,
  account_edit: null,
  account_close: null,
  account_hand_over: null,
  opening_add: null,
  opening_reverse: null,
  opening_show: ["payment_account", "payment_opening"],
  account_list: ["device", "ledger_posting", "payment_account"],
  account_statement: ["device", "ledger_posting", "payment_account", "payment_opening", "payment_transfer"],
  transfer_funds: null,
  transfer_reverse: null,
  transfer_show: ["ledger_posting", "payment_account", "payment_transfer", "person"],
  transfer_list: ["ledger_posting", "payment_account", "payment_transfer", "person"],
  customer_add: null,
  customer_edit: null,
  customer_archive: null,
  customer_list: ["customer"],
  customer_show: ["customer"],
  product_add: null,
  product_edit: null,
  product_archive: null,
  product_list: ["product", "tax"],
  product_show: ["product", "tax"],
  tax_add: null,
  tax_edit: null,
  tax_archive: null,
  tax_list: ["tax"],
  history_list: null,
  import_kinds: [],
  import_inspect: null,
  import_start: null,
  import_step: null,
  import_run: null,
  import_undo: null,
  import_refused: null,
  import_discard: null,
  import_rows: ["import_batch", "import_row"],
  import_list: ["import_batch", "person"],
  overview: null,
  status: null,
  loss_seen: null,
  setting_get: ["device_setting"],
  setting_set: null,
  verify: null,
  backup: null,
  restore: null,
  sync_join: null,
  sync_now: null,
  sync_status: null,
  sync_pause: null,
  conflict_list: null,
  conflict_settle: null,
  demo_fill: null,
};

/** The tables whose rows a command's entry may make, change or delete. */
export const WRITES: Readonly<Record<CommandName, readonly string[]>> = {
  book_setup: ["book", "device", "person", "payment_account", "book_profile"],
  book_edit: ["book"],
  profile_set: ["book_profile"],
  profile_show: [],
  person_add: ["person"],
  person_edit: ["person"],
  person_archive: ["person"],
  person_list: [],
  person_select: [],
  device_rename: ["device"],
  device_list: [],
  account_open: ["payment_account", "payment_opening", "ledger_posting"],
  account_edit: ["payment_account"],
  account_close: ["payment_account"],
  account_hand_over: ["payment_account"],
  opening_add: ["payment_opening", "ledger_posting"],
  opening_reverse: ["payment_opening", "ledger_posting"],
  opening_show: [],
  account_list: [],
  account_statement: [],
  transfer_funds: ["payment_transfer", "ledger_posting"],
  transfer_reverse: ["payment_transfer", "ledger_posting"],
  transfer_show: [],
  transfer_list: [],
  customer_add: ["customer"],
  customer_edit: ["customer"],
  customer_archive: ["customer"],
  customer_list: [],
  customer_show: [],
  product_add: ["product"],
  product_edit: ["product"],
  product_archive: ["product"],
  product_list: [],
  product_show: [],
  tax_add: ["tax"],
  tax_edit: ["tax"],
  tax_archive: ["tax"],
  tax_list: [],
  history_list: [],
  import_kinds: [],
  import_inspect: [],
  import_start: ["import_batch"],
  import_step: ["import_batch", "import_row", "customer", "product"],
  import_run: [],
  import_undo: ["import_batch", "import_row", "customer", "product"],
  import_refused: [],
  import_discard: [],
  import_rows: [],
  import_list: [],
  overview: [],
  status: [],
  loss_seen: [],
  setting_get: [],
  setting_set: [],
  verify: [],
  backup: [],
  restore: [],
  sync_join: [],
  sync_now: [],
  sync_status: [],
  sync_pause: [],
  conflict_list: [],
  conflict_settle: ["customer", "product", "tax", "person", "payment_account"],
  demo_fill: [],
};

/** The codes of all refusals: those that single commands name, those that any can meet with, and those of opening a store. */
export type ErrorCode =
  | "account_closed"
  | "account_not_empty"
  | "already_opened"
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
  | "below_minimum"
  | "book_not_empty"
  | "busy"
  | "central_differs"
  | "central_rewound"
  | "central_too_new"
  | "central_too_old"
  | "clock_doubtful"
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
  | "last_owner"
  | "malformed"
  | "migration_failed"
  | "missing_field"
  | "name_taken"
  | "no_book"
  | "no_person"
  | "no_store"
  | "not_a_backup"
  | "not_a_store"
  | "not_allowed"
  | "not_custodian"
  | "not_found"
  | "not_synced"
  | "out_of_range"
  | "outcome_unknown"
  | "period_closed"
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
