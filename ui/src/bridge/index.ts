// The only folder that knows Tauri: asking a command, hearing what changed, choosing files.
// What is asked and when it is asked again is in data/; nothing here knows a screen.

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWebview } from "@tauri-apps/api/webview";
import { open, save } from "@tauri-apps/plugin-dialog";
import type { CommandName, Commands } from "./commands";
import { Fault } from "./fault";

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
export const call: Call = async (command, input, options) => {
  const envelope: Record<string, unknown> = { command, input };
  if (options?.requestId) envelope["request_id"] = options.requestId;
  try {
    return await invoke("call", { envelope });
  } catch (thrown) {
    throw Fault.from(thrown);
  }
};

/** Hears of every commit, after it; returns how to stop hearing. */
export function onChanged(heard: (changed: Changed) => void): () => void {
  const listening = listen<Changed>("changed", (event) => heard(event.payload));
  return () => void listening.then((stop) => stop());
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
