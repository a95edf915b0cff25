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

/** In which order customers are listed. */
export type AgeSort = "owed" | "name";

/** What one customer owes. */
export interface Aged {
  /** What head office posted by itself. */
  adjusted_minor: number;
  /** What of it is due on the day or later, or has been for up to 30 days. */
  age_0_minor: number;
  /** What of it has been due for 31 to 60 days. */
  age_31_minor: number;
  /** What of it has been due for 61 to 90 days. */
  age_61_minor: number;
  /** What of it has been due for longer. */
  age_91_minor: number;
  /** What is owed after all: less than nothing where there is credit. */
  balance_minor: number;
  /** What was paid beyond bills, or is left of payments and credits. */
  credit_minor: number;
  /** Who owes it. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** What is still to be paid of bills, debts and loans. */
  open_minor: number;
  /** What of it should have been paid before the day. */
  overdue_minor: number;
  /** The customer's phone number. */
  phone: string | null;
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

/** A bill, without its lines. */
export interface Bill {
  /** What of that was paid, or of a credit was used. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** The bill that this credits or writes off. */
  credits_id: string | null;
  /** Where the customer was then, in lines. */
  customer_address: string | null;
  /** Who bought. */
  customer_id: string;
  /** What that customer was called then. */
  customer_name: string;
  /** The customer's number with the tax authority then. */
  customer_tax_number: string | null;
  /** The business date. */
  date: string;
  /** The device that made it, which alone may void it. */
  device_id: string;
  /** The day that it is to be paid by, where one was agreed. */
  due_date: string | null;
  /** What claims and credits name it by. */
  id: string;
  kind: BillKind;
  /** Without tax. */
  net_minor: number;
  /** Whatever else is to be said. */
  note: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** What is still to be paid, or of a credit still to be used. */
  open_minor: number;
  /** What was paid beyond it, by devices that did not know of each other. */
  overpaid_minor: number;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** Why it credits, writes off or reverses. */
  reason: CreditReason | null;
  /** What the customer, or the old books, call it. */
  reference: string | null;
  /** The document that reverses this one. */
  reversed_by_id: string | null;
  /** The document that this one reverses. */
  reverses_id: string | null;
  /** The order that it bills. */
  sale_order_id: string | null;
  /** What has become of it; nothing of a credit. */
  state: BillState | null;
  /** Whether its prices include their tax. */
  tax_included: boolean;
  /** All taxes together. */
  tax_minor: number;
  /** What is to be paid, or is credited. */
  total_minor: number;
}

/** Something to be taken off a bill. */
export interface BillCreditInput {
  /** What is taken off the whole bill, tax and all, spread over what is left of its lines. */
  amount_minor?: number | null;
  /** The bill that it is taken off. */
  bill_id: string;
  /** The credit note's id; made here when it isn't given. */
  credit_id?: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What is taken off which line; or else say an amount for the whole bill. */
  lines?: NewCreditLine[];
  /** What else is to be said. */
  note?: string | null;
  reason: CreditReason;
}

/** Something to be sold. */
export interface BillIssueInput {
  /** Whether an owner accepts that the customer then owes more than its limit; that is kept. */
  accept_over_limit?: boolean;
  /** Its id; made here when it isn't given. */
  bill_id?: string;
  /** Who buys. */
  customer_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What is taken off the whole, spread over the lines. */
  discount_minor?: number | null;
  /** The day that it is to be paid by; by the customer's terms when it isn't given. */
  due_date?: string | null;
  /** What is sold. */
  lines: NewLine[];
  /** Whatever else is to be said. */
  note?: string | null;
  /** What the customer calls it. */
  reference?: string | null;
  /** Whether prices include their tax; as the book says when it isn't given. */
  tax_included?: boolean | null;
}

/** What kind of document it is. */
export type BillKind = "bill" | "debt" | "credit" | "write_off";

/** A line of a bill. */
export interface BillLine {
  /** The account that earned it. */
  account_id: string;
  /** What the tax authority classes it as. */
  class_code: string | null;
  /** Of a credit note: which line of the bill goods came back of. */
  credits_line_id: string | null;
  /** What papers call it. */
  description: string;
  /** What was taken off, its share of the document's discount too. */
  discount_minor: number;
  /** The part that was taken off, where it was said as one. */
  discount_ppm: number | null;
  /** Quantity times price; with tax where prices include it. */
  gross_minor: number;
  /** What a credit names it by. */
  id: string;
  /** Its place among the lines: 1, 2, 3. */
  line_no: number;
  /** What the product cost then, which another price may differ from. */
  list_price_minor: number | null;
  /** What is left, without tax. */
  net_minor: number;
  /** What one costs. */
  price_minor: number;
  /** The product, where it is one of the book. */
  product_id: string | null;
  /** How much of it, in thousandths; nothing where an amount alone is credited. */
  quantity_milli: number;
  /** The product's stock-keeping unit. */
  sku: string | null;
  /** What papers call that tax. */
  tax_code: string | null;
  /** The tax, where there is one. */
  tax_id: string | null;
  /** The tax on the line. */
  tax_minor: number;
  /** The rate that it was reckoned with, in parts per million. */
  tax_ppm: number;
  /** What one of it is: a bottle, a box of 24. */
  unit: string | null;
}

/** One page of a list. */
export interface BillListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Bill[];
}

/** Which bills a list shows. */
export interface BillListInput {
  /** Where the last page ended. */
  cursor?: string | null;
  /** Only those of this customer. */
  customer_id?: string | null;
  /** The newest first, unless said otherwise. */
  descending?: boolean;
  /** The first business date. */
  from_date?: string | null;
  /** Only of this kind. */
  kind?: BillKind | null;
  /** How many rows. */
  limit?: number;
  /** Only bills and debts of which so much is still to be paid. */
  owing?: Owing | null;
  /** Words in number, customer or reference. */
  search?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

/** What lines come to. */
export interface BillPriceAnswer {
  /** The lines, filled in and reckoned. */
  lines: PricedLine[];
  /** Without tax. */
  net_minor: number;
  /** Whether prices include their tax. */
  tax_included: boolean;
  /** All taxes together. */
  tax_minor: number;
  /** The same by tax. */
  taxes: TaxTotal[];
  /** What is to be paid. */
  total_minor: number;
}

/** What lines would come to. */
export interface BillPriceInput {
  /** What is taken off the whole document. */
  discount_minor?: number | null;
  /** The lines, as they stand so far. */
  lines: NewLine[];
  /** Whether prices include their tax; as the book says when it isn't given. */
  tax_included?: boolean | null;
}

/** A debt or a write-off to be reversed. */
export interface BillReverseInput {
  /** The debt or write-off. */
  bill_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What else is to be said. */
  note?: string | null;
}

/** Which bill. */
export interface BillShowInput {
  /** The bill to be shown. */
  bill_id: string;
}

/** A bill with all that belongs to it. */
export interface BillShown {
  /** What pays it, or what it pays; the undone ones, too. */
  claims: Claim[];
  /** What of that was paid, or of a credit was used. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** The bill that this credits or writes off. */
  credits_id: string | null;
  /** Where the customer was then, in lines. */
  customer_address: string | null;
  /** Who bought. */
  customer_id: string;
  /** What that customer was called then. */
  customer_name: string;
  /** The customer's number with the tax authority then. */
  customer_tax_number: string | null;
  /** The business date. */
  date: string;
  /** The device that made it, which alone may void it. */
  device_id: string;
  /** The day that it is to be paid by, where one was agreed. */
  due_date: string | null;
  /** What claims and credits name it by. */
  id: string;
  kind: BillKind;
  /** What was sold or credited, as it stands on the paper. */
  lines: BillLine[];
  /** Without tax. */
  net_minor: number;
  /** Whatever else is to be said. */
  note: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** What is still to be paid, or of a credit still to be used. */
  open_minor: number;
  /** What was paid beyond it, by devices that did not know of each other. */
  overpaid_minor: number;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** Why it credits, writes off or reverses. */
  reason: CreditReason | null;
  /** What the customer, or the old books, call it. */
  reference: string | null;
  /** The document that reverses this one. */
  reversed_by_id: string | null;
  /** The document that this one reverses. */
  reverses_id: string | null;
  /** The order that it bills. */
  sale_order_id: string | null;
  /** What has become of it; nothing of a credit. */
  state: BillState | null;
  /** Whether its prices include their tax. */
  tax_included: boolean;
  /** All taxes together. */
  tax_minor: number;
  /** What falls to each tax. */
  taxes: TaxTotal[];
  /** What is to be paid, or is credited. */
  total_minor: number;
}

/** What has become of a bill or a debt. */
export type BillState = "open" | "part_paid" | "paid" | "written_off" | "voided" | "reversed";

/** A bill to be voided. */
export interface BillVoidInput {
  /** The bill that was a mistake. */
  bill_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What else is to be said. */
  note?: string | null;
}

/** What will not be paid. */
export interface BillWriteOffInput {
  /** How much of it; all that is open when it isn't given. */
  amount_minor?: number | null;
  /** The bill or debt. */
  bill_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What else is to be said. */
  note?: string | null;
  /** The write-off's id; made here when it isn't given. */
  write_off_id?: string;
}

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

/** A claim, as it counts now. */
export interface Claim {
  /** How much was claimed. */
  amount_minor: number;
  /** How much of that counts: less than was claimed where the source had less left. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** What undoing it names it by. */
  id: string;
  /** The payment or credit that pays. */
  source_id: string;
  /** How papers call the payment or credit note that pays. */
  source_number: string;
  /** The bill, debt or payout that is paid. */
  target_id: string;
  /** The number of what is paid. */
  target_number: string;
  /** Whether it was undone. */
  undone: boolean;
}

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
  | "over_claimed"
  | "duplicate_reference"
  | "walk_in"
  | "credited"
  | "more_than_sold"
  | "wrong_state"
  | "wrong_document"
  | "credit_limit"
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
  | "printer_unreachable"
  | "printer_stuck"
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

/** A cell that a person corrected on its way in. The file stays as it is. */
export interface Correction {
  /** The cell's column. */
  column: string;
  /** The row, 1 being the first below the header. */
  row: number;
  /** What is taken in instead. */
  text: string;
  /** What the cell says in the file: where it says something else by then, its row is refused. */
  was: string;
}

/** What a customer had left before the book began: paid ahead, or too much. */
export interface CreditOpenInput {
  /** What is still left of it: more than nothing. */
  amount_minor: number;
  /** Who has it left. */
  customer_id: string;
  /** The day that it is of; today when it isn't given. */
  date?: string | null;
  /** What it says. */
  memo?: string | null;
  /** Its id; made here when it isn't given. */
  payment_id?: string;
  /** What the old books call it. */
  reference?: string | null;
}

/** Why something is credited, written off or reversed. */
export type CreditReason = "void" | "return" | "price" | "goodwill" | "moved" | "bad_debt" | "rounding" | "other";

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

/** What a customer owes, and what of it is open. */
export interface CustomerAccountAnswer {
  /** What head office posted by itself. */
  adjusted_minor: number;
  /** What it owes; less than nothing where it has credit. */
  balance_minor: number;
  customer: Customer;
  /** What is open, overpaid or left, as it falls due; the first of many. */
  items: OpenItem[];
  /** What of payments and credits is left to use. */
  left_minor: number;
  /** The day since which something should have been paid. */
  oldest_due_date: string | null;
  /** What of its bills is still to be paid. */
  open_minor: number;
  /** What of that should have been paid by now. */
  overdue_minor: number;
  /** What was paid beyond bills. */
  overpaid_minor: number;
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

/** One page of a list. */
export interface CustomerFindAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Debtor[];
}

/** Whom to look for. */
export interface CustomerFindInput {
  /** How many rows. */
  limit?: number;
  /** Words in name, code, contact or city, and phone numbers by their digits. Without any, who owes most comes first. */
  search?: string | null;
}

/** A line of a customer's statement. */
export interface CustomerLine {
  /** How much more the customer owes by it, or less where negative. */
  amount_minor: number;
  /** What the customer owed after it. */
  balance_minor: number;
  /** When it was made. */
  created_at: number;
  /** The business date. */
  date: string;
  /** The document, or the posting of head office. */
  id: string;
  kind: ItemKind;
  /** The number that it was given; none of what head office posted. */
  number: string | null;
  /** Whether it takes another document back. */
  reversal: boolean;
  /** What else it says: a reference, a note, a memo. */
  text: string | null;
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

/** How a list of customers is sorted. */
export type CustomerSort = "name" | "code" | "newest";

/** A page of a customer's statement, newest first. */
export interface CustomerStatementAnswer {
  /** What it owes now. */
  balance_minor: number;
  customer: Customer;
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The lines. */
  rows: CustomerLine[];
}

/** Which part of which customer's statement. */
export interface CustomerStatementInput {
  /** Where the last page ended. */
  cursor?: string | null;
  /** The customer whose lines are listed. */
  customer_id: string;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /** The last business date. */
  to_date?: string | null;
}

/** A day's end. */
export interface Day {
  /** The business date. */
  date: string;
  /** What all money accounts held. */
  money_minor: number;
}

/** What a customer owed, or was owed, before the book began. */
export interface DebtOpenInput {
  /** What is still to be paid of it: more than nothing. */
  amount_minor: number;
  /** Its id; made here when it isn't given. */
  bill_id?: string;
  /** Who owes it. */
  customer_id: string;
  /** The day that it is of; today when it isn't given. */
  date?: string | null;
  /** The day that it is to be paid by. */
  due_date?: string | null;
  /** What else is to be said. */
  note?: string | null;
  /** What the old books call it. */
  reference?: string | null;
}

/** A customer, and what it owes. */
export interface Debtor {
  /** What it owes; less than nothing where it has credit. */
  balance_minor: number;
  /** Its town or village. */
  city: string | null;
  /** What people call it by in short, where something was agreed. */
  code: string | null;
  /** The customer's id. */
  id: string;
  /** What it is called. */
  name: string;
  /** Its phone number. */
  phone: string | null;
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

/** A payment for an order, and what of it is left. */
export interface Deposit {
  /** The account that the money went to, or came from. */
  account_id: string;
  /** What that account is called. */
  account_name: string;
  /** How much moved. */
  amount_minor: number;
  /** What of that pays something. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** Who paid, or was paid. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** The business date. */
  date: string;
  /** The device that made it, which alone may correct it. */
  device_id: string;
  /** What claims and a reversal name it by. */
  id: string;
  /** What of it pays nothing yet. */
  left_minor: number;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  purpose: PaymentPurpose;
  /** Why it reverses that one. */
  reason: ReversalReason | null;
  /** What a wallet, a bank or a slip calls it. */
  reference: string | null;
  /** The payment that reverses this one. */
  reversed_by_id: string | null;
  /** The payment that this one reverses. */
  reverses_id: string | null;
  /** What of that is rounding to coins; less than nothing where it took off. */
  rounding_minor: number;
  /** The order that it is a deposit for. */
  sale_order_id: string | null;
  /** What the customer gave, where there was change. */
  tendered_minor: number | null;
  /** What it is worth to the customer; nothing once it is reversed. */
  worth_minor: number;
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
export type DocumentKind = "opening" | "transfer" | "bill" | "payment" | "expense" | "adjustment";

/** A customer that should pay by today. */
export interface Due {
  /** Who should pay. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** What is due, today's and what is overdue. */
  due_minor: number;
  /** The customer's phone number. */
  phone: string | null;
  /** The day since which. */
  since_date: string;
}

/** A line of a draft, as it is from now on. */
export interface EditedLine {
  /** What papers call it. */
  description?: string | null;
  /** The amount that is taken off; not both. */
  discount_minor?: number | null;
  /** The part that is taken off, in parts per million. */
  discount_ppm?: number | null;
  /** The line of the draft that it goes on from: what is not said stays, its price and the rate of its tax as well. */
  order_line_id?: string | null;
  /** What one costs. */
  price_minor?: number | null;
  /** The product; nothing where the book has no record of what is wanted. */
  product_id?: string | null;
  /** How much of it, in thousandths. */
  quantity_milli: number;
  /** The tax on it: none where it is null. */
  tax_id?: string | null;
  /** What it is sold by; as the line or the product says when it isn't given. */
  unit?: string | null;
}

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

/** An expense. */
export interface Expense {
  /** Where the money came from. */
  account_id: string;
  /** The name of the account that paid. */
  account_name: string;
  /** How much was paid, tax and all. */
  amount_minor: number;
  /** When it was made. */
  created_at: number;
  /** The business date. */
  date: string;
  /** What it was for. */
  expense_account_id: string;
  /** The name of the account that says what it was for. */
  expense_account_name: string;
  /** What a reversal names it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who was paid. */
  payee: string | null;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** What the slip calls it. */
  reference: string | null;
  /** The expense that reverses this one. */
  reversed_by_id: string | null;
  /** The expense that this one reverses. */
  reverses_id: string | null;
  /** What of that is tax that the authority gives back. */
  tax_minor: number;
}

/** One page of a list. */
export interface ExpenseListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Expense[];
}

/** Which expenses a list shows. */
export interface ExpenseListInput {
  /** Only those out of this account, or for it. */
  account_id?: string | null;
  /** Where the last page ended. */
  cursor?: string | null;
  /** The newest first, unless said otherwise. */
  descending?: boolean;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /** Words in number, payee, reference or memo. */
  search?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

/** Money that was paid for something. */
export interface ExpenseRecordInput {
  /** Whether an owner accepts that the account that loses is below its minimum at the end of an earlier day; that is kept. */
  accept_below_minimum?: boolean;
  /** Where the money came from. */
  account_id: string;
  /** How much was paid, tax and all: more than nothing. */
  amount_minor: number;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What it was for: an account of kind expense; the one that every book has when it isn't given. */
  expense_account_id?: string | null;
  /** Its id; made here when it isn't given. */
  expense_id?: string;
  /** What it says. */
  memo?: string | null;
  /** Who was paid. */
  payee?: string | null;
  /** What the slip calls it. */
  reference?: string | null;
  /** What of that is tax that the authority gives back. */
  tax_minor?: number | null;
}

/** An expense to be reversed. */
export interface ExpenseReverseInput {
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** The expense to reverse. */
  expense_id: string;
  /** Why it is reversed. */
  memo?: string | null;
}

/** Which expense. */
export interface ExpenseShowInput {
  /** The expense to be shown. */
  expense_id: string;
}

/** A field that a column can be mapped to. */
export interface FieldShown {
  /** What its cells hold, in a sentence. */
  about: string;
  /** Whether its cells are amounts, whose decimal mark the table has to tell. */
  is_amount: boolean;
  /** As a mapping names it. */
  name: string;
  /** Whether every row must have it. */
  required: boolean;
}

/** What a paper is set for. */
export type Format = "roll_58" | "roll_80" | "a4";

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

/** A number that no document has. */
export interface Gap {
  /** The same in a sentence. */
  message: string;
  /** The number that is lacking. */
  number: string;
  reason: GapReason;
  /** The table whose documents are numbered so. */
  table: string;
}

/** Why a number has no document. */
export type GapReason = "known" | "superseded" | "dismissed" | "quarantined" | "unknown";

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
  /** The rows: in a dry run all of this step, each as it would be stored, else those that were refused or say something else than the book. */
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

/** What a line of a customer's account is about. */
export type ItemKind = "bill" | "debt" | "credit" | "write_off" | "settlement" | "refund" | "payout" | "adjustment";

/** A kind of import. */
export interface KindShown {
  /** What columns can be mapped to. */
  fields: FieldShown[];
  kind: Importable;
}

/** A language that papers come in. */
export type Language = "en" | "fr" | "ar";

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

/** What is claimed of a bill. */
export interface NewClaim {
  /** How much of it: more than nothing. */
  amount_minor: number;
  /** The bill, debt or payout that is paid. */
  bill_id: string;
}

/** What is taken off a line of a bill: goods, or an amount. */
export interface NewCreditLine {
  /** The amount that is taken off, tax and all; where no goods come back. */
  amount_minor?: number | null;
  /** The line of the bill. */
  line_id: string;
  /** How much of the goods comes back, in thousandths. */
  quantity_milli?: number | null;
}

/** What is sold, as a person says it. */
export interface NewLine {
  /** What papers call it; the product's name when it isn't given. */
  description?: string | null;
  /** The amount that is taken off; not both. */
  discount_minor?: number | null;
  /** The part that is taken off, in parts per million. */
  discount_ppm?: number | null;
  /** What one costs; the product's price when it isn't given. */
  price_minor?: number | null;
  /** The product; nothing where the book has no record of what is sold. */
  product_id?: string | null;
  /** How much of it, in thousandths. */
  quantity_milli: number;
  /** The tax on it: the product's when it isn't given, none where it is null. */
  tax_id?: string | null;
  /** What one of it is; the product's unit when it isn't given. */
  unit?: string | null;
}

/** Credit to be given back, or money to be lent. */
export interface NewOutgoing {
  /** Where the money comes from. */
  account_id: string;
  /** How much: more than nothing. In cash it is rounded to the coins that there are. */
  amount_minor: number;
  /** Who gets it. */
  customer_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What it says. */
  memo?: string | null;
  /** Its id; made here when it isn't given. */
  payment_id?: string;
  /** What a wallet, a bank or a slip calls it. */
  reference?: string | null;
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

/** A document of which something is open, overpaid or left. */
export interface OpenItem {
  /** What of that was paid, or of a payment or credit was used. */
  counted_minor: number;
  /** The business date. */
  date: string;
  /** The day that it is to be paid by; its own where none was agreed. */
  due_date: string;
  /** The document that is meant. */
  id: string;
  kind: ItemKind;
  /** What of a payment or credit is left to use. */
  left_minor: number;
  /** The number that it was given. */
  number: string;
  /** What is still to be paid. */
  open_minor: number;
  /** Whether its day has passed and something is open. */
  overdue: boolean;
  /** What was paid beyond it: give it back, or use it. */
  overpaid_minor: number;
  /** What it comes to. */
  total_minor: number;
}

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

/** An order with its lines. */
export interface Order {
  /** Why it was cancelled. */
  cancel_reason: string | null;
  /** When it was cancelled. */
  cancelled_at: number | null;
  /** When it was confirmed. */
  confirmed_at: number | null;
  /** When it was made. */
  created_at: number;
  /** The device that alone may change it. */
  custodian_device_id: string;
  /** Whether that is this device. */
  custodian_here: boolean;
  /** What that device is called. */
  custodian_name: string;
  /** Who wants it. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** The business date. */
  date: string;
  /** What bills and deposits name it by. */
  id: string;
  /** What is wanted. */
  lines: OrderLine[];
  /** Without tax. */
  net_minor: number;
  /** Whatever else is to be said. */
  note: string | null;
  /** Its number, `{device code}-{series}-{000001}`; nothing of a draft. */
  number: string | null;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** The version of the row, which an edit names. */
  row_version: number;
  state: OrderState;
  /** Whether its prices include their tax. */
  tax_included: boolean;
  /** All taxes together. */
  tax_minor: number;
  /** What all of it comes to. */
  total_minor: number;
}

/** An order to be cancelled. */
export interface OrderCancelInput {
  /** Why it is not wanted any more. */
  cancel_reason: string;
  /** The order that is meant. */
  order_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** An order to be copied. */
export interface OrderCopyInput {
  /** The order that is copied, whoever keeps it. */
  from_order_id: string;
  /** The copy's id; made here when it isn't given. */
  order_id?: string;
}

/** A draft that is gone. */
export interface OrderDiscardAnswer {
  /** The lines that went with it. */
  lines: OrderLine[];
  /** The order that is gone. */
  order_id: string;
}

/** Something that a customer wants. */
export interface OrderDraftInput {
  /** Who wants it. */
  customer_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What is taken off the whole, spread over the lines. */
  discount_minor?: number | null;
  /** What is wanted. */
  lines: NewLine[];
  /** Whatever else is to be said. */
  note?: string | null;
  /** Its id; made here when it isn't given. */
  order_id?: string;
  /** Whether prices include their tax; as the book says when it isn't given. */
  tax_included?: boolean | null;
}

/** A change of a draft. What is not given stays. */
export interface OrderEditInput {
  /** Who wants it. */
  customer_id?: string | null;
  /** The business date. */
  date?: string | null;
  /** What is taken off the whole, spread over these lines. */
  discount_minor?: number | null;
  /** All lines as they are from now on. */
  lines?: EditedLine[] | null;
  /** Whatever else is to be said; null clears it. */
  note?: string | null;
  /** The draft that is meant. */
  order_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** A line of an order, and how much of it is billed. */
export interface OrderLine {
  /** The account that earned it. */
  account_id: string;
  /** How much of it is billed, in thousandths; more than was ordered where copies of a store billed it twice. */
  billed_milli: number;
  /** What the tax authority classes it as. */
  class_code: string | null;
  /** What papers call it. */
  description: string;
  /** What was taken off, its share of the document's discount too. */
  discount_minor: number;
  /** The part that was taken off, where it was said as one. */
  discount_ppm: number | null;
  /** Quantity times price; with tax where prices include it. */
  gross_minor: number;
  /** What a bill names it by. */
  id: string;
  /** How much of it is left to be billed, in thousandths. */
  left_milli: number;
  /** Its place among the lines: 1, 2, 3. */
  line_no: number;
  /** What the product cost then, which another price may differ from. */
  list_price_minor: number | null;
  /** What is left, without tax. */
  net_minor: number;
  /** What one costs. */
  price_minor: number;
  /** The product, where it is one of the book. */
  product_id: string | null;
  /** How much of it, in thousandths; nothing where an amount alone is credited. */
  quantity_milli: number;
  /** The product's stock-keeping unit. */
  sku: string | null;
  /** What papers call that tax. */
  tax_code: string | null;
  /** The tax, where there is one. */
  tax_id: string | null;
  /** The tax on the line. */
  tax_minor: number;
  /** The rate that it was reckoned with, in parts per million. */
  tax_ppm: number;
  /** What one of it is: a bottle, a box of 24. */
  unit: string | null;
}

/** One page of a list. */
export interface OrderListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Order[];
}

/** Which orders a list shows. */
export interface OrderListInput {
  /** Where the last page ended. */
  cursor?: string | null;
  /** Only those of this customer. */
  customer_id?: string | null;
  /** The newest first, unless said otherwise. */
  descending?: boolean;
  /** The first business date. */
  from_date?: string | null;
  /** Only those that this device keeps. */
  kept_here?: boolean;
  /** How many rows. */
  limit?: number;
  /** Words in number or customer. */
  search?: string | null;
  /** Only those in one of these states. */
  states?: OrderState[] | null;
  /** The last business date. */
  to_date?: string | null;
}

/** To whom an order goes. */
export interface OrderReleaseInput {
  /** The order that is meant. */
  order_id: string;
  /** The version that the person saw. */
  row_version: number;
  /** The device that keeps it from now on: another one of the book. */
  to_device_id: string;
}

/** Which order, in the version that the person saw. */
export interface OrderSeen {
  /** The order that is meant. */
  order_id: string;
  /** The version that the person saw. */
  row_version: number;
}

/** Which order. */
export interface OrderShowInput {
  /** The order to be shown. */
  order_id: string;
}

/** An order with all that belongs to it. */
export interface OrderShown {
  /** The bills of it, the oldest first. */
  bills: Bill[];
  /** Why it was cancelled. */
  cancel_reason: string | null;
  /** When it was cancelled. */
  cancelled_at: number | null;
  /** When it was confirmed. */
  confirmed_at: number | null;
  /** When it was made. */
  created_at: number;
  /** The device that alone may change it. */
  custodian_device_id: string;
  /** Whether that is this device. */
  custodian_here: boolean;
  /** What that device is called. */
  custodian_name: string;
  /** Who wants it. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** The business date. */
  date: string;
  /** What was paid for it, the oldest first. */
  deposits: Deposit[];
  /** What bills and deposits name it by. */
  id: string;
  /** What is wanted. */
  lines: OrderLine[];
  /** Without tax. */
  net_minor: number;
  /** Whatever else is to be said. */
  note: string | null;
  /** Its number, `{device code}-{series}-{000001}`; nothing of a draft. */
  number: string | null;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  /** Of a draft, or as it is confirmed: what has another price or tax by now. The order keeps its own. */
  price_changes: PriceChange[];
  /** The version of the row, which an edit names. */
  row_version: number;
  state: OrderState;
  /** Whether its prices include their tax. */
  tax_included: boolean;
  /** All taxes together. */
  tax_minor: number;
  /** What falls to each tax. */
  taxes: TaxTotal[];
  /** What all of it comes to. */
  total_minor: number;
}

/** What has become of an order. */
export type OrderState = "draft" | "confirmed" | "part_billed" | "billed" | "cancelled";

/** What became of a row. */
export type Outcome = "added" | "known" | "changed" | "refused" | "empty";

/** A customer that has paid more than its bills came to. */
export interface Overpaid {
  /** Who has paid. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** How much too much. */
  overpaid_minor: number;
}

/** What a person wants to see first. */
export interface OverviewAnswer {
  /** The open money accounts. */
  accounts: Account[];
  book: Book;
  /** How many customers are in use. */
  customers: number;
  /** What all money accounts held at the end of each of the last days, oldest first. */
  days: Day[];
  /** Who should pay by today, whoever has owed the longest first; the first of many. */
  due: Due[];
  /** What came in today; transfers between money accounts are left out. */
  in_today_minor: number;
  /** What all money accounts hold. */
  money_minor: number;
  /** What these transfers moved. */
  moved_today_minor: number;
  /** What went out today; likewise. */
  out_today_minor: number;
  /** Who has paid more than its bills came to, the most first; the first of many. */
  overpaid: Overpaid[];
  owed: Owed;
  /** How many payments of today stand. */
  payments_today: number;
  /** How many products are in use. */
  products: number;
  /** What was done last. */
  recent: HistoryItem[];
  /** What customers paid today, less what was reversed today. */
  taken_today_minor: number;
  /** What customers paid on each of the last days, less what was reversed on it, oldest first; the last one is today. */
  takings: Taking[];
  /** The business date. */
  today_date: string;
  /** How many transfers were made today, without those that were reversed and what reverses them. */
  transfers_today: number;
  /** Payments that have a reference which another of their account has, too, the newest first; the first of many. */
  twice: Twice[];
}

/** What customers owe all together. */
export interface Owed {
  /** What head office posted by itself. */
  adjusted_minor: number;
  /** What of it is due on the day or later, or has been for up to 30 days. */
  age_0_minor: number;
  /** What of it has been due for 31 to 60 days. */
  age_31_minor: number;
  /** What of it has been due for 61 to 90 days. */
  age_61_minor: number;
  /** What of it has been due for longer. */
  age_91_minor: number;
  /** What is owed after all: less than nothing where there is credit. */
  balance_minor: number;
  /** What was paid beyond bills, or is left of payments and credits. */
  credit_minor: number;
  /** How many customers have something to pay. */
  customers: number;
  /** What is still to be paid of bills, debts and loans. */
  open_minor: number;
  /** What of it should have been paid before the day. */
  overdue_minor: number;
}

/** Which bills a list shows, by what is still to be paid of them. */
export type Owing = "open" | "overdue" | "paid";

/** What goes on paper. */
export type PaperKind = "opening" | "transfer" | "bill" | "payment" | "statement";

/** A payment. */
export interface Payment {
  /** The account that the money went to, or came from. */
  account_id: string;
  /** What that account is called. */
  account_name: string;
  /** How much moved. */
  amount_minor: number;
  /** What of that pays something. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** Who paid, or was paid. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** The business date. */
  date: string;
  /** The device that made it, which alone may correct it. */
  device_id: string;
  /** What claims and a reversal name it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  purpose: PaymentPurpose;
  /** Why it reverses that one. */
  reason: ReversalReason | null;
  /** What a wallet, a bank or a slip calls it. */
  reference: string | null;
  /** The payment that reverses this one. */
  reversed_by_id: string | null;
  /** The payment that this one reverses. */
  reverses_id: string | null;
  /** What of that is rounding to coins; less than nothing where it took off. */
  rounding_minor: number;
  /** The order that it is a deposit for. */
  sale_order_id: string | null;
  /** What the customer gave, where there was change. */
  tendered_minor: number | null;
  /** What it is worth to the customer; nothing once it is reversed. */
  worth_minor: number;
}

/** A claim to be made by itself: what is left of a payment or credit pays something. */
export interface PaymentClaimInput {
  /** How much of it; as much as both have, when it isn't given. */
  amount_minor?: number | null;
  /** Its id; made here when it isn't given. */
  claim_id?: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** The payment or the credit note that pays. */
  source_id: string;
  /** The bill, debt or payout that is paid. */
  target_id: string;
}

/** What of a payment was wrong: exactly one of them. */
export interface PaymentCorrectInput {
  /** Where the money went. */
  account_id?: string | null;
  /** Who paid, where it was written down for another customer. */
  customer_id?: string | null;
  /** The payment that is corrected. */
  payment_id: string;
  /** What a wallet, a bank or a slip calls it. */
  reference?: string | null;
}

/** One page of a list. */
export interface PaymentListAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** Up to as many as were asked for, in the order that was asked for. */
  rows: Payment[];
}

/** Which payments a list shows. */
export interface PaymentListInput {
  /** Only those into or out of this account. */
  account_id?: string | null;
  /** Where the last page ended. */
  cursor?: string | null;
  /** Only those of this customer. */
  customer_id?: string | null;
  /** The newest first, unless said otherwise. */
  descending?: boolean;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /** Only those for this. */
  purposes?: PaymentPurpose[] | null;
  /** Words in number, reference or memo. */
  search?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

/** How people pay, as papers and tax authorities name it. */
export type PaymentMethod = "cash" | "mobile_money" | "bank" | "card" | "cheque" | "other";

/** What a payment would come to. */
export interface PaymentProposeAnswer {
  /** What would move: cash that settles all is rounded to the coins that there are. */
  amount_minor: number;
  /** What would be given back of what was tendered; less than nothing where it is too little. */
  change_minor: number | null;
  /** What it would pay, the oldest first. */
  claims: NewClaim[];
  /** What would be left as credit. */
  credit_minor: number;
  /** What the coins that there are added to it, or took from it. */
  rounding_minor: number;
}

/** A payment that somebody is about to make. */
export interface PaymentProposeInput {
  /** Where the money would go. */
  account_id: string;
  /** How much would be paid. */
  amount_minor: number;
  /** Who would pay. */
  customer_id: string;
  /** What the customer would give for it. */
  tendered_minor?: number | null;
}

/** What a payment is for. */
export type PaymentPurpose = "settlement" | "refund" | "payout";

/** Money that a customer gives. */
export interface PaymentReceiveInput {
  /** Whether it is made though the account had a payment of that reference. */
  accept_duplicate?: boolean;
  /** Where the money goes: an account that holds money. */
  account_id: string;
  /** How much is paid; or else say what was given. */
  amount_minor?: number | null;
  /** What it pays. Where it isn't given, all that is open, the oldest first. */
  claims?: NewClaim[] | null;
  /** Who pays. */
  customer_id: string;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What it says. */
  memo?: string | null;
  /** Its id; made here when it isn't given. */
  payment_id?: string;
  /** What a wallet, a bank or a slip calls it. */
  reference?: string | null;
  /** The order that it is a deposit for. */
  sale_order_id?: string | null;
  /** What the customer gave: what of it is not due is given back. */
  tendered_minor?: number | null;
}

/** A payment to be reversed. */
export interface PaymentReverseInput {
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What else is to be said. */
  memo?: string | null;
  /** The payment to reverse. */
  payment_id: string;
  reason: ReversalReason;
}

/** Which payment. */
export interface PaymentShowInput {
  /** The payment to be shown. */
  payment_id: string;
}

/** A payment with what it pays. */
export interface PaymentShown {
  /** The account that the money went to, or came from. */
  account_id: string;
  /** What that account is called. */
  account_name: string;
  /** How much moved. */
  amount_minor: number;
  /** Its claims, and of money given out what pays it back; the undone ones, too. */
  claims: Claim[];
  /** What of that pays something. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** Who paid, or was paid. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** The business date. */
  date: string;
  /** The device that made it, which alone may correct it. */
  device_id: string;
  /** What claims and a reversal name it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  purpose: PaymentPurpose;
  /** Why it reverses that one. */
  reason: ReversalReason | null;
  /** What a wallet, a bank or a slip calls it. */
  reference: string | null;
  /** The payment that reverses this one. */
  reversed_by_id: string | null;
  /** The payment that this one reverses. */
  reverses_id: string | null;
  /** What of that is rounding to coins; less than nothing where it took off. */
  rounding_minor: number;
  /** The order that it is a deposit for. */
  sale_order_id: string | null;
  /** What the customer gave, where there was change. */
  tendered_minor: number | null;
  /** What it is worth to the customer; nothing once it is reversed. */
  worth_minor: number;
}

/** Which claim. */
export interface PaymentUnclaimInput {
  /** The claim that is meant. */
  claim_id: string;
}

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

/** A line of a draft whose product or tax is not what it was when the line was written. */
export interface PriceChange {
  /** What it is about. */
  description: string;
  /** What the product cost then. */
  list_price_minor: number | null;
  /** What it costs now. */
  list_price_now_minor: number | null;
  /** The line that is meant. */
  order_line_id: string;
  /** What one costs in the order. */
  price_minor: number;
  /** Its rate now. */
  tax_now_ppm: number;
  /** The rate of the tax in the order, in parts per million. */
  tax_ppm: number;
}

/** A line with all that papers say of it, and what it comes to. */
export interface PricedLine {
  /** The account that earned it. */
  account_id: string;
  /** What the tax authority classes it as. */
  class_code: string | null;
  /** What papers call it. */
  description: string;
  /** What was taken off, its share of the document's discount too. */
  discount_minor: number;
  /** The part that was taken off, where it was said as one. */
  discount_ppm: number | null;
  /** Quantity times price; with tax where prices include it. */
  gross_minor: number;
  /** Its place among the lines: 1, 2, 3. */
  line_no: number;
  /** What the product cost then, which another price may differ from. */
  list_price_minor: number | null;
  /** What is left, without tax. */
  net_minor: number;
  /** What one costs. */
  price_minor: number;
  /** The product, where it is one of the book. */
  product_id: string | null;
  /** How much of it, in thousandths; nothing where an amount alone is credited. */
  quantity_milli: number;
  /** The product's stock-keeping unit. */
  sku: string | null;
  /** What papers call that tax. */
  tax_code: string | null;
  /** The tax, where there is one. */
  tax_id: string | null;
  /** The tax on the line. */
  tax_minor: number;
  /** The rate that it was reckoned with, in parts per million. */
  tax_ppm: number;
  /** What one of it is: a bottle, a box of 24. */
  unit: string | null;
}

/** A print of a document. */
export interface Print {
  /** Which copy it is: 0 for the original. */
  copy_number: number;
  /** The name of the device that printed. */
  device_name: string;
  /** The document; of a statement, the customer. */
  document_id: string;
  document_kind: PaperKind;
  /** The document's number; of a statement, its day. */
  document_number: string;
  /** What it is named by where it came to nothing. */
  id: string;
  /** Where it went: a printer's name, or a file's. */
  medium: string;
  /** Whether it is known to have come to nothing. */
  not_printed: boolean;
  /** The name of who printed. */
  person_name: string;
  /** When it was printed. */
  printed_at: number;
}

/** A receipt printer. */
export interface Printer {
  /** What commands name it by. */
  name: string;
  /** Whether it opens a cash drawer after each print. */
  opens_drawer?: boolean;
  roll: Roll;
  target: Target;
}

/** This device's printers. */
export interface PrinterListAnswer {
  /** By name. */
  rows: Printer[];
}

/** Nothing is asked. */
export interface PrinterListInput {}

/** Which printer. */
export interface PrinterRemoveInput {
  /** What commands call it. */
  name: string;
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

/** Which print. */
export interface ReceiptNotPrintedInput {
  /** What came to nothing, as printing it answered. */
  print_id: string;
}

/** What is to be printed, and where. */
export interface ReceiptPrintInput {
  /** The document, or the customer whose statement is printed. */
  document_id: string;
  /** What a file is set for: `a4` when it isn't given, and `roll_80` for .escpos. A printer prints on its roll. */
  format?: Format | null;
  language?: Language;
  /** A file that isn't there yet, named .pdf, .png or .escpos; or a printer is given. */
  path?: string | null;
  /** The print's id; made here when it isn't given. */
  print_id?: string;
  /** One of this device's printers; or a path is given. */
  printer?: string | null;
}

/** A document as its next print looks. */
export interface ReceiptRenderAnswer {
  /** Which copy the next print is: 0 for the original. */
  copy_number: number;
  /** What comes out of the printer, one after the other. */
  pages: RenderedPage[];
  /** What was printed of it, the newest first; 100 at most. */
  prints: Print[];
}

/** Which document, and how it is to be set. */
export interface ReceiptRenderInput {
  /** The document, or the customer whose statement is to be set. */
  document_id: string;
  format: Format;
  language?: Language;
}

/** What customers owe, by age, and a page of who owes it. */
export interface ReceivableAgeAnswer {
  /** The day that ages are counted to. */
  day: string;
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The customers that owe or have credit. */
  rows: Aged[];
  total: Owed;
}

/** Which day, and which part of a long list. */
export interface ReceivableAgeInput {
  /** Where the last page ended. */
  cursor?: string | null;
  /**
   * As things stood at the end of that day, by what is dated that day or earlier. Without it, as the book stands today, with
   * all that is in it.
   */
  day?: string | null;
  /** How many rows. */
  limit?: number;
  sort?: AgeSort;
}

/** A payment that was made. */
export interface Received {
  /** The account that the money went to, or came from. */
  account_id: string;
  /** What that account is called. */
  account_name: string;
  /** How much moved. */
  amount_minor: number;
  /** What the customer owes now, as far as this device knows; less than nothing where it has credit. */
  balance_minor: number;
  /** What is to be given back of what was tendered. */
  change_minor: number;
  /** What it pays. */
  claims: Claim[];
  /** What of that pays something. */
  counted_minor: number;
  /** When it was made. */
  created_at: number;
  /** Who paid, or was paid. */
  customer_id: string;
  /** What that customer is called. */
  customer_name: string;
  /** The business date. */
  date: string;
  /** The device that made it, which alone may correct it. */
  device_id: string;
  /** What claims and a reversal name it by. */
  id: string;
  /** What it says. */
  memo: string | null;
  /** Its number: `{device code}-{series}-{000001}`, without a gap in each series. */
  number: string;
  /** Who made it. */
  person_id: string;
  /** The name of who made it. */
  person_name: string;
  purpose: PaymentPurpose;
  /** Why it reverses that one. */
  reason: ReversalReason | null;
  /** What a wallet, a bank or a slip calls it. */
  reference: string | null;
  /** The payment that reverses this one. */
  reversed_by_id: string | null;
  /** The payment that this one reverses. */
  reverses_id: string | null;
  /** What of that is rounding to coins; less than nothing where it took off. */
  rounding_minor: number;
  /** The order that it is a deposit for. */
  sale_order_id: string | null;
  /** What the customer gave, where there was change. */
  tendered_minor: number | null;
  /** What it is worth to the customer; nothing once it is reversed. */
  worth_minor: number;
}

/** Why a nested step was refused while the rest stood. */
export interface Refused {
  code: Code;
  /** The sentence for the person who asked. */
  message: string;
}

/** A page. */
export interface RenderedPage {
  /** In the same unit. */
  height: number;
  /** An SVG image that refers to nothing. */
  svg: string;
  /** In dots of a roll, 8 a millimetre, or in points of a sheet. */
  width: number;
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

/** Why a payment was reversed. */
export type ReversalReason = "mistake" | "returned";

/** What a person may do. */
export type Role = "owner" | "clerk";

/** A roll of paper. */
export type Roll = "roll_58" | "roll_80";

/** A row and what became of it. */
export interface RowOutcome {
  /**
   * The cells of a row that was refused or says something else, up to 4 KiB of them; the message says where they were cut. A dry
   * run tells those of all rows.
   */
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
  /** Its number in a spreadsheet, which counts the header and what stands before it. */
  sheet_row: number;
  /** What would be stored of it, by field: told by a dry run, of rows that aren't refused. */
  values: {
    [k: string]: unknown;
  } | null;
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

/** What was sold and paid. */
export interface SaleNowAnswer {
  bill: BillShown;
  /** What is given back. */
  change_minor: number;
  /** What was paid. */
  payments: Received[];
}

/** Something that is sold and paid. */
export interface SaleNowInput {
  /** Whether a payment is taken though its account had one of that reference. */
  accept_duplicate?: boolean;
  /** Whether an owner accepts that the customer then owes more than its limit; that is kept. */
  accept_over_limit?: boolean;
  /** The bill's id; made here when it isn't given. */
  bill_id?: string;
  /** Who buys; the walk-in customer when it isn't given. */
  customer_id?: string | null;
  /** The business date; today when it isn't given. */
  date?: string | null;
  /** What is taken off the whole, spread over the lines. */
  discount_minor?: number | null;
  /** What is sold. */
  lines: NewLine[];
  /** What else is to be said. */
  note?: string | null;
  /** What is paid at once, in the order that it is paid in. */
  payments: SalePayment[];
  /** What the customer calls it. */
  reference?: string | null;
  /** Whether prices include their tax; as the book says when it isn't given. */
  tax_included?: boolean | null;
}

/** A part of what is paid at once. */
export interface SalePayment {
  /** Where the money goes. */
  account_id: string;
  /** How much; the rest of the bill when nothing is said. */
  amount_minor?: number | null;
  /** What a wallet, a bank or a slip calls it. */
  reference?: string | null;
  /** What the customer gave: what of it is not due is given back. */
  tendered_minor?: number | null;
}

/** What was sold on a day, of a product, to a customer, or by a person. */
export interface SaleRow {
  /** What bills came to. */
  billed_minor: number;
  /** How many bills were written, the voided ones too; of a product, how many of their lines. */
  bills: number;
  /** What credit notes came to. */
  credited_minor: number;
  /** The day, or the first one of the month. */
  date: string | null;
  /** The product, the customer, or the person; nothing where lines name no product. */
  id: string | null;
  /** What that record is called now. */
  name: string | null;
  /** The same without tax. */
  net_minor: number;
  /** How much of a product was sold, less what came back, in thousandths. */
  quantity_milli: number | null;
  /** What was charged on top of that for the tax authority. */
  tax_minor: number;
  /** What bills came to, less credit notes: net and tax. */
  total_minor: number;
  /** What was written off, less what was taken back of that. It lowers neither sales nor tax, and is of no product. */
  written_off_minor: number;
}

/** What was sold. */
export interface SaleSums {
  /** What bills came to. */
  billed_minor: number;
  /** How many bills were written, the voided ones too; of a product, how many of their lines. */
  bills: number;
  /** What credit notes came to. */
  credited_minor: number;
  /** The same without tax. */
  net_minor: number;
  /** How much of a product was sold, less what came back, in thousandths. */
  quantity_milli: number | null;
  /** What was charged on top of that for the tax authority. */
  tax_minor: number;
  /** What bills came to, less credit notes: net and tax. */
  total_minor: number;
  /** What was written off, less what was taken back of that. It lowers neither sales nor tax, and is of no product. */
  written_off_minor: number;
}

/** What was undone. */
export interface SaleUndoAnswer {
  credit: BillShown;
  /** The payments that were reversed, as their reversals. */
  payments: PaymentShown[];
}

/** A sale to be undone. */
export interface SaleUndoInput {
  /** The bill of the sale. */
  bill_id: string;
  /** What else is to be said. */
  note?: string | null;
}

/** What was sold in a period. Debts from before the book are none of it. */
export interface SalesAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The groups. */
  rows: SaleRow[];
  total: SaleSums;
}

/** What sales are grouped by. */
export type SalesBy = "day" | "month" | "product" | "customer" | "person";

/** Which sales. */
export interface SalesInput {
  by?: SalesBy;
  /** Where the last page ended. */
  cursor?: string | null;
  /** Only what this customer bought. */
  customer_id?: string | null;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /** Only what this person wrote. */
  person_id?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

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
  /** Cells that are taken in otherwise than the file says them. */
  corrections?: Correction[];
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

/** What customers paid on a day. */
export interface Taking {
  /** The business date. */
  date: string;
  /** How much: less than nothing where more was reversed. */
  taken_minor: number;
}

/** What customers paid on a day, into an account, or to a person. */
export interface TakingRow {
  /** The day, or the first one of the month. */
  date: string | null;
  /** The account, or the person. */
  id: string | null;
  /** What that account or person is called. */
  name: string | null;
  /** What was paid. */
  paid_minor: number;
  /** How many of the payments stand. */
  payments: number;
  /** What was reversed, whenever it had been paid. */
  reversed_minor: number;
  /** What was paid less what was reversed: less than nothing where more was reversed. */
  taken_minor: number;
}

/** What customers paid. */
export interface TakingSums {
  /** What was paid. */
  paid_minor: number;
  /** How many of the payments stand. */
  payments: number;
  /** What was reversed, whenever it had been paid. */
  reversed_minor: number;
  /** What was paid less what was reversed: less than nothing where more was reversed. */
  taken_minor: number;
}

/** What customers paid in a period. Transfers are none of it, nor credit from before the book, nor what was given back. */
export interface TakingsAnswer {
  /** Asks for the next page; nothing after the last one. */
  next_cursor: string | null;
  /** The groups. */
  rows: TakingRow[];
  total: TakingSums;
}

/** What takings are grouped by. */
export type TakingsBy = "day" | "month" | "account" | "person";

/** Which takings. */
export interface TakingsInput {
  /** Only what came into this account. */
  account_id?: string | null;
  by?: TakingsBy;
  /** Where the last page ended. */
  cursor?: string | null;
  /** The first business date. */
  from_date?: string | null;
  /** How many rows. */
  limit?: number;
  /** Only what this person took. */
  person_id?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

/** Where a printer is. */
export type Target =
  | {
      kind: "device";
      /** The device's file. */
      path: string;
    }
  | {
      /** Its name or address. */
      host: string;
      kind: "network";
      /** Its port; 9100 when it isn't given. */
      port?: number;
    };

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

/** What of the sales of a period is tax, by code and rate. */
export interface TaxReportAnswer {
  /** A row for each code and rate that lines of bills and credit notes have; a tax of 0 is another than none. */
  rows: TaxRow[];
  total: TaxSums;
}

/** The period of a tax report. */
export interface TaxReportInput {
  /** The first business date. */
  from_date?: string | null;
  /** The last business date. */
  to_date?: string | null;
}

/** What was sold at a rate, and the tax of it. */
export interface TaxRow {
  /** What bills came to without tax. */
  billed_net_minor: number;
  /** What bills charged for the tax authority. */
  billed_tax_minor: number;
  /** What credit notes came to without tax. */
  credited_net_minor: number;
  /** What credit notes gave back of that. */
  credited_tax_minor: number;
  /** What a tax of that code and rate is called; nothing where lines name no tax. */
  name: string | null;
  /** What was sold without tax, less what was credited. */
  net_minor: number;
  /** The tax's code on the bills. */
  tax_code: string | null;
  /** What that owes the tax authority. */
  tax_minor: number;
  /** The rate on the bills. */
  tax_ppm: number;
}

/** What was sold, and the tax of it. */
export interface TaxSums {
  /** What bills came to without tax. */
  billed_net_minor: number;
  /** What bills charged for the tax authority. */
  billed_tax_minor: number;
  /** What credit notes came to without tax. */
  credited_net_minor: number;
  /** What credit notes gave back of that. */
  credited_tax_minor: number;
  /** What was sold without tax, less what was credited. */
  net_minor: number;
  /** What that owes the tax authority. */
  tax_minor: number;
}

/** What of a document falls to one tax. */
export interface TaxTotal {
  /** What papers call it. */
  code: string | null;
  /** What it is reckoned from. */
  net_minor: number;
  /** Its rate, in parts per million. */
  rate_ppm: number;
  /** The tax; nothing for lines without one. */
  tax_id: string | null;
  /** What it comes to. */
  tax_minor: number;
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

/** A payment that has another one's reference: most likely the same money, written down twice. */
export interface Twice {
  /** What papers call that later one. */
  number: string;
  /** The later one. */
  payment_id: string;
  /** What both are called. */
  reference: string;
}

/** What was verified. */
export interface VerifyAnswer {
  /** How many entries were read. */
  entries: number;
  /** What does not hold. */
  findings: Found[];
  /** Numbers that no document has, each with the reason: what was written down and does not stand. */
  gaps: Gap[];
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

/** Which customer. */
export interface WhichCustomer {
  /** The customer that is meant. */
  customer_id: string;
}

export type AccountCloseAnswer = Account;
export type AccountEditAnswer = Account;
export type AccountHandOverAnswer = Account;
export type AccountOpenAnswer = Account;
export type BillCreditAnswer = BillShown;
export type BillIssueAnswer = BillShown;
export type BillReverseAnswer = BillShown;
export type BillShowAnswer = BillShown;
export type BillVoidAnswer = BillShown;
export type BillWriteOffAnswer = BillShown;
export type BookEditAnswer = Book;
export type ConflictListInput = Nothing;
export type CreditOpenAnswer = PaymentShown;
export type CustomerAccountInput = WhichCustomer;
export type CustomerAddAnswer = Customer;
export type CustomerArchiveAnswer = Customer;
export type CustomerEditAnswer = Customer;
export type CustomerShowAnswer = Customer;
export type CustomerShowInput = WhichCustomer;
export type DebtOpenAnswer = BillShown;
export type DemoFillInput = Nothing;
export type DeviceListInput = Nothing;
export type DeviceRenameAnswer = Device;
export type ExpenseRecordAnswer = Expense;
export type ExpenseReverseAnswer = Expense;
export type ExpenseShowAnswer = Expense;
export type ImportKindsInput = Nothing;
export type ImportRunInput = StartOrder;
export type ImportStartInput = StartOrder;
export type ImportStepInput = StepOrder;
export type ImportUndoInput = StepOrder;
export type LossSeenInput = Nothing;
export type OpeningAddAnswer = Opening;
export type OpeningReverseAnswer = Opening;
export type OpeningShowAnswer = Opening;
export type OrderCancelAnswer = OrderShown;
export type OrderConfirmAnswer = OrderShown;
export type OrderConfirmInput = OrderSeen;
export type OrderCopyAnswer = OrderShown;
export type OrderDiscardInput = OrderSeen;
export type OrderDraftAnswer = OrderShown;
export type OrderEditAnswer = OrderShown;
export type OrderReleaseAnswer = OrderShown;
export type OrderRepriceAnswer = OrderShown;
export type OrderRepriceInput = OrderSeen;
export type OrderShowAnswer = OrderShown;
export type OverviewInput = Nothing;
export type PaymentClaimAnswer = Claim;
export type PaymentCorrectAnswer = PaymentShown;
export type PaymentPayoutAnswer = PaymentShown;
export type PaymentPayoutInput = NewOutgoing;
export type PaymentReceiveAnswer = Received;
export type PaymentRefundAnswer = PaymentShown;
export type PaymentRefundInput = NewOutgoing;
export type PaymentReverseAnswer = PaymentShown;
export type PaymentShowAnswer = PaymentShown;
export type PaymentUnclaimAnswer = Claim;
export type PersonAddAnswer = Person;
export type PersonArchiveAnswer = Person;
export type PersonEditAnswer = Person;
export type PersonSelectAnswer = Person;
export type PrinterRemoveAnswer = Printer;
export type PrinterSetAnswer = Printer;
export type PrinterSetInput = Printer;
export type ProductAddAnswer = Product;
export type ProductArchiveAnswer = Product;
export type ProductEditAnswer = Product;
export type ProductShowAnswer = Product;
export type ProfileSetAnswer = Profile;
export type ProfileShowAnswer = Profile;
export type ProfileShowInput = Nothing;
export type ReceiptNotPrintedAnswer = Print;
export type ReceiptPrintAnswer = Print;
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
  order_draft: { input: OrderDraftInput; answer: OrderDraftAnswer; kind: "write" };
  order_edit: { input: OrderEditInput; answer: OrderEditAnswer; kind: "write" };
  order_confirm: { input: OrderConfirmInput; answer: OrderConfirmAnswer; kind: "write" };
  order_cancel: { input: OrderCancelInput; answer: OrderCancelAnswer; kind: "write" };
  order_discard: { input: OrderDiscardInput; answer: OrderDiscardAnswer; kind: "write" };
  order_release: { input: OrderReleaseInput; answer: OrderReleaseAnswer; kind: "write" };
  order_copy: { input: OrderCopyInput; answer: OrderCopyAnswer; kind: "write" };
  order_reprice: { input: OrderRepriceInput; answer: OrderRepriceAnswer; kind: "write" };
  order_show: { input: OrderShowInput; answer: OrderShowAnswer; kind: "read" };
  order_list: { input: OrderListInput; answer: OrderListAnswer; kind: "read" };
  bill_price: { input: BillPriceInput; answer: BillPriceAnswer; kind: "read" };
  bill_issue: { input: BillIssueInput; answer: BillIssueAnswer; kind: "write" };
  bill_void: { input: BillVoidInput; answer: BillVoidAnswer; kind: "write" };
  bill_credit: { input: BillCreditInput; answer: BillCreditAnswer; kind: "write" };
  bill_write_off: { input: BillWriteOffInput; answer: BillWriteOffAnswer; kind: "write" };
  debt_open: { input: DebtOpenInput; answer: DebtOpenAnswer; kind: "write" };
  bill_reverse: { input: BillReverseInput; answer: BillReverseAnswer; kind: "write" };
  sale_now: { input: SaleNowInput; answer: SaleNowAnswer; kind: "write" };
  sale_undo: { input: SaleUndoInput; answer: SaleUndoAnswer; kind: "write" };
  bill_show: { input: BillShowInput; answer: BillShowAnswer; kind: "read" };
  bill_list: { input: BillListInput; answer: BillListAnswer; kind: "read" };
  payment_propose: { input: PaymentProposeInput; answer: PaymentProposeAnswer; kind: "read" };
  payment_receive: { input: PaymentReceiveInput; answer: PaymentReceiveAnswer; kind: "write" };
  payment_refund: { input: PaymentRefundInput; answer: PaymentRefundAnswer; kind: "write" };
  payment_payout: { input: PaymentPayoutInput; answer: PaymentPayoutAnswer; kind: "write" };
  credit_open: { input: CreditOpenInput; answer: CreditOpenAnswer; kind: "write" };
  payment_reverse: { input: PaymentReverseInput; answer: PaymentReverseAnswer; kind: "write" };
  payment_correct: { input: PaymentCorrectInput; answer: PaymentCorrectAnswer; kind: "write" };
  payment_claim: { input: PaymentClaimInput; answer: PaymentClaimAnswer; kind: "write" };
  payment_unclaim: { input: PaymentUnclaimInput; answer: PaymentUnclaimAnswer; kind: "write" };
  payment_show: { input: PaymentShowInput; answer: PaymentShowAnswer; kind: "read" };
  payment_list: { input: PaymentListInput; answer: PaymentListAnswer; kind: "read" };
  expense_record: { input: ExpenseRecordInput; answer: ExpenseRecordAnswer; kind: "write" };
  expense_reverse: { input: ExpenseReverseInput; answer: ExpenseReverseAnswer; kind: "write" };
  expense_show: { input: ExpenseShowInput; answer: ExpenseShowAnswer; kind: "read" };
  expense_list: { input: ExpenseListInput; answer: ExpenseListAnswer; kind: "read" };
  customer_add: { input: CustomerAddInput; answer: CustomerAddAnswer; kind: "write" };
  customer_edit: { input: CustomerEditInput; answer: CustomerEditAnswer; kind: "write" };
  customer_archive: { input: CustomerArchiveInput; answer: CustomerArchiveAnswer; kind: "write" };
  customer_list: { input: CustomerListInput; answer: CustomerListAnswer; kind: "read" };
  customer_show: { input: CustomerShowInput; answer: CustomerShowAnswer; kind: "read" };
  customer_find: { input: CustomerFindInput; answer: CustomerFindAnswer; kind: "read" };
  customer_account: { input: CustomerAccountInput; answer: CustomerAccountAnswer; kind: "read" };
  customer_statement: { input: CustomerStatementInput; answer: CustomerStatementAnswer; kind: "read" };
  product_add: { input: ProductAddInput; answer: ProductAddAnswer; kind: "write" };
  product_edit: { input: ProductEditInput; answer: ProductEditAnswer; kind: "write" };
  product_archive: { input: ProductArchiveInput; answer: ProductArchiveAnswer; kind: "write" };
  product_list: { input: ProductListInput; answer: ProductListAnswer; kind: "read" };
  product_show: { input: ProductShowInput; answer: ProductShowAnswer; kind: "read" };
  tax_add: { input: TaxAddInput; answer: TaxAddAnswer; kind: "write" };
  tax_edit: { input: TaxEditInput; answer: TaxEditAnswer; kind: "write" };
  tax_archive: { input: TaxArchiveInput; answer: TaxArchiveAnswer; kind: "write" };
  tax_list: { input: TaxListInput; answer: TaxListAnswer; kind: "read" };
  receipt_render: { input: ReceiptRenderInput; answer: ReceiptRenderAnswer; kind: "read" };
  receipt_print: { input: ReceiptPrintInput; answer: ReceiptPrintAnswer; kind: "task" };
  receipt_not_printed: { input: ReceiptNotPrintedInput; answer: ReceiptNotPrintedAnswer; kind: "write" };
  printer_list: { input: PrinterListInput; answer: PrinterListAnswer; kind: "read" };
  printer_set: { input: PrinterSetInput; answer: PrinterSetAnswer; kind: "write" };
  printer_remove: { input: PrinterRemoveInput; answer: PrinterRemoveAnswer; kind: "write" };
  receivable_age: { input: ReceivableAgeInput; answer: ReceivableAgeAnswer; kind: "read" };
  takings: { input: TakingsInput; answer: TakingsAnswer; kind: "read" };
  sales: { input: SalesInput; answer: SalesAnswer; kind: "read" };
  tax_report: { input: TaxReportInput; answer: TaxReportAnswer; kind: "read" };
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
  account_statement: ["device", "ledger_posting", "payment", "payment_account", "payment_bill", "payment_expense", "payment_opening", "payment_transfer"],
  transfer_funds: null,
  transfer_reverse: null,
  transfer_show: ["ledger_posting", "payment_account", "payment_transfer", "person"],
  transfer_list: ["ledger_posting", "payment_account", "payment_transfer", "person"],
  order_draft: null,
  order_edit: null,
  order_confirm: null,
  order_cancel: null,
  order_discard: null,
  order_release: null,
  order_copy: null,
  order_reprice: null,
  order_show: ["customer", "device", "payment", "payment_account", "payment_allocation", "payment_bill", "payment_bill_line", "person", "product", "sale_order", "sale_order_line", "tax"],
  order_list: ["customer", "device", "payment_bill", "payment_bill_line", "person", "sale_order", "sale_order_line"],
  bill_price: ["book", "product", "tax"],
  bill_issue: null,
  bill_void: null,
  bill_credit: null,
  bill_write_off: null,
  debt_open: null,
  bill_reverse: null,
  sale_now: null,
  sale_undo: null,
  bill_show: ["payment", "payment_allocation", "payment_bill", "payment_bill_line", "person"],
  bill_list: ["payment", "payment_allocation", "payment_bill", "person"],
  payment_propose: ["book", "customer", "ledger_posting", "payment", "payment_account", "payment_allocation", "payment_bill"],
  payment_receive: null,
  payment_refund: null,
  payment_payout: null,
  credit_open: null,
  payment_reverse: null,
  payment_correct: null,
  payment_claim: null,
  payment_unclaim: null,
  payment_show: ["customer", "payment", "payment_account", "payment_allocation", "payment_bill", "person"],
  payment_list: ["customer", "payment", "payment_account", "payment_allocation", "payment_bill", "person"],
  expense_record: null,
  expense_reverse: null,
  expense_show: ["payment_account", "payment_expense", "person"],
  expense_list: ["payment_account", "payment_expense", "person"],
  customer_add: null,
  customer_edit: null,
  customer_archive: null,
  customer_list: ["customer"],
  customer_show: ["customer"],
  customer_find: ["customer", "ledger_posting"],
  customer_account: ["customer", "ledger_posting", "payment", "payment_account", "payment_allocation", "payment_bill"],
  customer_statement: ["customer", "ledger_posting", "payment", "payment_account", "payment_bill"],
  product_add: null,
  product_edit: null,
  product_archive: null,
  product_list: ["product", "tax"],
  product_show: ["product", "tax"],
  tax_add: null,
  tax_edit: null,
  tax_archive: null,
  tax_list: ["tax"],
  receipt_render: ["book", "book_profile", "customer", "device", "document_print", "ledger_posting", "payment", "payment_account", "payment_allocation", "payment_bill", "payment_bill_line", "payment_expense", "payment_opening", "payment_transfer", "person"],
  receipt_print: null,
  receipt_not_printed: null,
  printer_list: ["device_printer"],
  printer_set: null,
  printer_remove: null,
  receivable_age: ["customer", "ledger_posting", "payment", "payment_account", "payment_allocation", "payment_bill"],
  takings: ["payment", "payment_account", "person"],
  sales: ["customer", "payment_bill", "payment_bill_line", "person", "product"],
  tax_report: ["payment_bill", "payment_bill_line", "tax"],
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
  order_draft: ["sale_order", "sale_order_line"],
  order_edit: ["sale_order", "sale_order_line"],
  order_confirm: ["sale_order"],
  order_cancel: ["sale_order"],
  order_discard: ["sale_order", "sale_order_line"],
  order_release: ["sale_order"],
  order_copy: ["sale_order", "sale_order_line"],
  order_reprice: ["sale_order_line"],
  order_show: [],
  order_list: [],
  bill_price: [],
  bill_issue: ["payment_bill", "payment_bill_line", "ledger_posting"],
  bill_void: ["payment_bill", "payment_bill_line", "payment_allocation", "ledger_posting"],
  bill_credit: ["payment_bill", "payment_bill_line", "payment_allocation", "ledger_posting"],
  bill_write_off: ["payment_bill", "payment_allocation", "ledger_posting"],
  debt_open: ["payment_bill", "ledger_posting"],
  bill_reverse: ["payment_bill", "payment_allocation", "ledger_posting"],
  sale_now: ["customer", "payment_bill", "payment_bill_line", "payment", "payment_allocation", "ledger_posting"],
  sale_undo: ["payment_bill", "payment_bill_line", "payment", "payment_allocation", "ledger_posting"],
  bill_show: [],
  bill_list: [],
  payment_propose: [],
  payment_receive: ["payment", "payment_allocation", "ledger_posting"],
  payment_refund: ["payment", "payment_allocation", "ledger_posting"],
  payment_payout: ["payment", "ledger_posting"],
  credit_open: ["payment", "ledger_posting"],
  payment_reverse: ["payment", "payment_allocation", "ledger_posting"],
  payment_correct: ["payment", "payment_allocation", "ledger_posting"],
  payment_claim: ["payment_allocation"],
  payment_unclaim: ["payment_allocation"],
  payment_show: [],
  payment_list: [],
  expense_record: ["payment_expense", "ledger_posting"],
  expense_reverse: ["payment_expense", "ledger_posting"],
  expense_show: [],
  expense_list: [],
  customer_add: ["customer"],
  customer_edit: ["customer"],
  customer_archive: ["customer"],
  customer_list: [],
  customer_show: [],
  customer_find: [],
  customer_account: [],
  customer_statement: [],
  product_add: ["product"],
  product_edit: ["product"],
  product_archive: ["product"],
  product_list: [],
  product_show: [],
  tax_add: ["tax"],
  tax_edit: ["tax"],
  tax_archive: ["tax"],
  tax_list: [],
  receipt_render: [],
  receipt_print: ["document_print"],
  receipt_not_printed: ["document_print"],
  printer_list: [],
  printer_set: [],
  printer_remove: [],
  receivable_age: [],
  takings: [],
  sales: [],
  tax_report: [],
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
  | "credit_limit"
  | "credited"
  | "damaged"
  | "disk_full"
  | "duplicate_reference"
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
  | "more_than_sold"
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
  | "over_claimed"
  | "period_closed"
  | "printer_stuck"
  | "printer_unreachable"
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
  | "walk_in"
  | "wrong_account_kind"
  | "wrong_document"
  | "wrong_state"
  | "wrong_type";
