// The sheet that collects: open or not, and for whom. It is one for the whole window, and opened from everywhere. How much was
// collected while it is open is counted here.

class Collecting {
  open = $state(false);
  /** Who pays; null asks. */
  customer_id = $state<string | null>(null);
  /** Collected since it was opened. */
  count = $state(0);
  sum_minor = $state(0);

  /** Opens the sheet: at the amount where it is known who pays. */
  show(customer_id: string | null = null): void {
    this.count = 0;
    this.sum_minor = 0;
    this.customer_id = customer_id;
    this.open = true;
  }
}

export const collecting = new Collecting();
