// The only folder that knows Tauri: asking a command, hearing what changed, choosing files.
// What is asked and when it is asked again is in data/; nothing here knows a screen.

import { invoke } from "@tauri-apps/api/core";
import { emit, listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { open, save } from "@tauri-apps/plugin-dialog";
import { busyWith } from "./busy";
import type { CommandName, Commands } from "./commands";
import { Fault } from "./fault";
import { dropHandedIn, handedIn } from "./first";

export { busy, busyWith } from "./busy";
export * from "./commands";
export { Fault, type FaultCode } from "./fault";

/** What one commit changed: the tables, the book, and the position of the newest entry. */
export interface Changed {
  tables: string[];
  book: string | null;
  position: number;
}

export interface CallOptions {
  /** One per submit of a form, kept when the same submit is tried again. */
  requestId?: string;
}

export type Call = <C extends CommandName>(
  command: C,
  input: Commands[C]["input"],
  options?: CallOptions,
) => Promise<Commands[C]["answer"]>;

/** Asks one command; rejects with a `Fault` and nothing else. */
export const call: Call = async <C extends CommandName>(command: C, input: Commands[C]["input"], options?: CallOptions) => {
  const handed = handedIn(command, input);
  if (handed) return handed.answer as Commands[C]["answer"];
  const envelope: Record<string, unknown> = { command, input };
  if (options?.requestId) envelope["request_id"] = options.requestId;
  try {
    return await invoked(command, envelope);
  } catch (thrown) {
    const fault = Fault.from(thrown);
    if (fault.code !== "clock_doubtful" || !(await isClockRight(fault))) throw fault;
  }
  try {
    return await invoked(command, { ...envelope, clock_confirmed: true });
  } catch (thrown) {
    throw Fault.from(thrown);
  }
};

function invoked<A>(command: CommandName, envelope: Record<string, unknown>): Promise<A> {
  return busyWith(command, invoke<A>("call", { envelope }));
}

type AskAboutClock = (fault: Fault) => Promise<boolean>;
const nobodyToAsk: AskAboutClock = async () => false;
let isClockRight = nobodyToAsk;

/** Says who is asked whether this machine's clock is right where a command is refused because of it; returns how to stop that. */
export function onClockDoubt(ask: AskAboutClock): () => void {
  isClockRight = ask;
  return () => (isClockRight = nobodyToAsk);
}

/** Hears of every commit, after it; returns how to stop hearing. */
export function onChanged(heard: (changed: Changed) => void): () => void {
  const listening = listen<Changed>("changed", ({ payload }) => {
    dropHandedIn();
    heard(payload);
  });
  // What was committed while nobody listened is kept until this is told.
  void listening.then(() => emit("listening"));
  return () => void listening.then((stop) => stop());
}

/** Makes everything in the window that many times as large. */
export async function zoomTo(factor: number): Promise<void> {
  await busyWith("zoom", getCurrentWebview().setZoom(factor));
}

/** What a file dragged over the window does. */
export interface FileDrag {
  over: () => void;
  left: () => void;
  dropped: (paths: string[]) => void;
}

/** Hears of files dragged onto the window; returns how to stop hearing. */
export function onFileDrag(drag: FileDrag): () => void {
  const listening = getCurrentWebview().onDragDropEvent(({ payload }) => {
    if (payload.type === "enter" || payload.type === "over") drag.over();
    else if (payload.type === "leave") drag.left();
    else drag.dropped(payload.paths);
  });
  return () => void listening.then((stop) => stop());
}

interface FileKind {
  title: string;
  kind: string;
  extensions: string[];
}

/** Lets the person choose a file to read; null when they choose none. */
export async function chooseFile({ title, kind, extensions }: FileKind): Promise<string | null> {
  return open({ title, multiple: false, directory: false, filters: [{ name: kind, extensions }] });
}

/** Lets the person choose where to write a file; null when they choose nowhere. */
export async function chooseTarget(
  { title, kind, extensions }: FileKind,
  suggested: string,
): Promise<string | null> {
  return save({ title, defaultPath: suggested, filters: [{ name: kind, extensions }] });
}
