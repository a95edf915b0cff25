// Which book is open, on which device, and who acts. Asked once for the whole window.

import type { StatusAnswer } from "$/bridge";
import type { Currency } from "$/words/money";
import { dateOf } from "$/words/time";
import { questions } from "./index.svelte";

const question = questions.question("status", {});

class Session {
  get status(): StatusAnswer | undefined {
    return question.answer;
  }
  get fault() {
    return question.fault;
  }
  get book() {
    return question.answer?.book ?? null;
  }
  get person() {
    return question.answer?.person ?? null;
  }
  get persons() {
    return question.answer?.persons ?? [];
  }
  get device() {
    return question.answer?.device ?? null;
  }
  get timeZone(): string | undefined {
    return question.answer?.book?.time_zone;
  }
  get currency(): Currency {
    const book = question.answer?.book;
    return book ? { code: book.currency, exponent: book.currency_exponent } : { code: "", exponent: 2 };
  }
  /** The business date: this machine's, where the book is. */
  get today(): string {
    return dateOf(Date.now(), this.timeZone);
  }
  /** Asks and keeps asking when something changes. */
  hold(): () => void {
    return questions.hold(question);
  }
  async again(): Promise<void> {
    await question.again();
  }
}

export const session = new Session();
