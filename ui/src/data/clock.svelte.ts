// A clock that is doubtful: the person is asked once whether it is right, however many commands wait for that.

import { type Fault, onClockDoubt } from "$/bridge";

class ClockDoubt {
  /** The refusal that is asked about. */
  fault = $state.raw<Fault | null>(null);
  private asked: Promise<boolean> | null = null;
  private answered: ((isRight: boolean) => void) | null = null;

  /** Asks the person whether this machine's clock is right. */
  ask(fault: Fault): Promise<boolean> {
    this.asked ??= new Promise((resolve) => {
      this.fault = fault;
      this.answered = resolve;
    });
    return this.asked;
  }

  answer(isRight: boolean): void {
    this.answered?.(isRight);
    this.fault = null;
    this.asked = null;
    this.answered = null;
  }
}

export const clockDoubt = new ClockDoubt();

/** Lets refused commands ask the person; once, when the window opens. */
export function askAboutClock(): () => void {
  return onClockDoubt((fault) => clockDoubt.ask(fault));
}
