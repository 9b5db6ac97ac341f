// Whether the page is connected to the studio, and what happens to what is said while it is not. The framework would
// keep every message and send it on: to a draft that was opened anew, before the text that was typed meanwhile is back
// in it, and that text would then undo what the message did. So changes wait here, or are not made and the person is told.
import { useCallback, useContext, useEffect, useRef } from "react";
import { EventLoopContext } from "$/utils/context";

// `away`: an attempt to connect failed. `here()`: whether something said now is heard, which it knows before the first
// attempt; with `opened`, whether by an open draft: it is "" while the studio, started again, opens it.
export function useLink(opened) {
  const [addEvents, troubles] = useContext(EventLoopContext);
  const latest = useRef(opened);
  latest.current = opened;
  // What is temporal is taken, with a promise, only by a socket that is connected.
  const here = useCallback(() => latest.current !== "" && addEvents([], [], { temporal: true }) !== undefined, [addEvents]);
  return { away: troubles.length > 0, here };
}

// Keeps what must not get lost until the draft is open again, which `opened`, another value each time, tells.
export function useKept(send, opened) {
  const kept = useRef([]);
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    if (!opened) return undefined;
    // After the text pane, which hears of the same opening and first gives back what was typed in it.
    const timer = setTimeout(() => kept.current.splice(0).forEach((message) => latest.current(message)));
    return () => clearTimeout(timer);
  }, [opened]);
  return useCallback((message) => kept.current.push(message), []);
}

// A value as it was while the draft was open: the page of a studio that was started again begins with nothing.
export function useLast(value, opened) {
  const last = useRef(value);
  if (opened) last.current = value;
  return last.current;
}
