// Copy, cut and paste of steps as Weft text, through the browser's own clipboard events: they work on every address.
// Only the server knows the text of a step, so that of the selection is fetched while it is selected (see picking.js).
import { useCallback, useEffect, useRef } from "react";
import { isMeant } from "./keys.js";

const LARGEST = 500_000; // characters that are sent as one message

const same = (one, other) => one.length === other.length && one.every((id) => other.includes(id));
const count = (steps) => (steps.length === 1 ? "1 step" : `${steps.length} steps`);

// `place()` says where a paste goes: {container, before} or {after}. `note` tells what was done.
export function useClipboard({ root, latest, steps, copied, readOnly, say, place, note }) {
  const now = useRef(null);
  now.current = { steps, copied, readOnly, place };
  const waiting = useRef(null);
  const menu = useRef(false);

  const done = useCallback((kind) => {
    const { steps: taken } = now.current;
    note(`${kind === "cut" ? "Cut" : "Copied"} ${count(taken)}.`);
    if (kind === "cut") say("delete", { steps: taken });
  }, [say, note]);

  useEffect(() => {
    const ours = (event) => menu.current || (isMeant(event.target.nodeType === 1 ? event.target : document.body, root.current?.element) && (document.getSelection()?.isCollapsed ?? true));
    const take = (event) => {
      const { steps: taken, copied: ready, readOnly: fixed } = now.current;
      if (!taken.length || !ours(event) || (fixed && event.type === "cut")) return;
      event.preventDefault();
      if (ready?.text && ready.rev === latest.current.rev && same(ready.steps, taken)) {
        event.clipboardData.setData("text/plain", ready.text);
        done(event.type);
      } else {
        waiting.current = { kind: event.type, steps: taken };
        say("pick", { steps: taken });
      }
    };
    const give = (event) => {
      if (now.current.readOnly || !ours(event)) return;
      event.preventDefault();
      put(event.clipboardData.getData("text/plain"));
    };
    document.addEventListener("copy", take);
    document.addEventListener("cut", take);
    document.addEventListener("paste", give);
    return () => {
      document.removeEventListener("copy", take);
      document.removeEventListener("cut", take);
      document.removeEventListener("paste", give);
    };
  }, [root, latest, say, done]); // eslint-disable-line

  // Copied before its text was here: it is written as soon as it comes, where the browser lets a page do that.
  useEffect(() => {
    const asked = waiting.current;
    if (!asked || !copied || !same(copied.steps ?? [], asked.steps)) return;
    waiting.current = null;
    if (!copied.text) note("This is too much to copy at once. Copy it from the text.");
    else if (!navigator.clipboard?.writeText) note("Not copied yet: press it once more.");
    else navigator.clipboard.writeText(copied.text).then(() => done(asked.kind), () => note("Not copied yet: press it once more."));
  }, [copied, done, note]);

  const put = useCallback((text) => {
    if (text.length > LARGEST) note("This is too much to paste at once. Put it into the text.");
    else say("paste", { text, ...now.current.place() });
  }, [say, note]);

  // From a menu: the browser makes a copy event of its own; reading needs its leave.
  const copy = useCallback((kind) => {
    const allow = (event) => event.preventDefault();
    menu.current = true;
    document.addEventListener(`before${kind}`, allow);
    document.execCommand(kind);
    document.removeEventListener(`before${kind}`, allow);
    menu.current = false;
  }, []);
  const paste = useCallback(() => {
    const ask = navigator.clipboard?.readText?.();
    if (!ask) return note("Press Ctrl+V to paste.");
    return ask.then(put, () => note("Press Ctrl+V to paste."));
  }, [put, note]);
  return { copy, paste };
}
