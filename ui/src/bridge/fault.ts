// What a command refuses with. A screen acts on `code` and `field`, never on the text.

import type { ErrorCode } from "./commands";

export type FaultCode = ErrorCode;

export class Fault extends Error {
  constructor(
    readonly code: FaultCode,
    message: string,
    readonly field: string | null = null,
    readonly details: Record<string, unknown> | null = null,
  ) {
    super(message);
    this.name = "Fault";
  }

  /** Whatever was thrown, as a fault; what isn't one becomes `outcome_unknown`, for no answer came back. */
  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    if (typeof thrown === "object" && thrown !== null && "code" in thrown && typeof thrown.code === "string") {
      const { code, message, field, details } = thrown as Record<string, unknown>;
      return new Fault(
        code as FaultCode,
        typeof message === "string" ? message : "",
        typeof field === "string" ? field : null,
        typeof details === "object" && details !== null ? (details as Record<string, unknown>) : null,
      );
    }
    return new Fault("outcome_unknown", "", null, { thrown: String(thrown) });
  }

  /** Whether the same request may be sent again, with the same request id, and do no harm. */
  get mayBeSentAgain(): boolean {
    return this.code === "busy" || this.code === "outcome_unknown" || this.code === "io";
  }
}
