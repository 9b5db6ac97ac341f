// Times as people read them, kept up to date in the browser: "4 min ago", "in 2 h", "1.3 s". The exact time is the title.
import { useSyncExternalStore } from "react";

let now = Date.now();
const listeners = new Set();
let timer = null;

function subscribe(listener) {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((each) => each());
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = null;
    }
  };
}

export const useNow = () => useSyncExternalStore(subscribe, () => now, () => now);

const STEPS = [
  [60, 1, "s"],
  [3600, 60, "min"],
  [86400, 3600, "h"],
  [604800, 86400, "d"],
];

export function words(seconds) {
  const size = Math.abs(seconds);
  if (size < 5) return "just now";
  const step = STEPS.find(([limit]) => size < limit);
  if (!step) return null;
  const amount = `${Math.floor(size / step[1])} ${step[2]}`;
  return seconds > 0 ? `${amount} ago` : `in ${amount}`;
}

export function length(ms) {
  if (ms < 0) return "0 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 3600000) return `${Math.floor(ms / 60000)} min ${Math.round((ms % 60000) / 1000)} s`;
  return `${Math.floor(ms / 3600000)} h ${Math.round((ms % 3600000) / 60000)} min`;
}

export function TimeAgo({ at, none = "" }) {
  const current = useNow();
  if (!at) return <span>{none}</span>;
  const then = new Date(at);
  const seconds = (current - then.getTime()) / 1000;
  const day = then.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
  return (
    <time dateTime={at} title={then.toLocaleString()} suppressHydrationWarning>
      {words(seconds) ?? day}
    </time>
  );
}

// From `since` until `until`, or until now while `until` is empty.
export function Elapsed({ since, until, none = "" }) {
  const current = useNow();
  if (!since) return <span>{none}</span>;
  const end = until ? new Date(until).getTime() : Math.max(current, new Date(since).getTime());
  return <span suppressHydrationWarning>{length(end - new Date(since).getTime())}</span>;
}
