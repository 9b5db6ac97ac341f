// Asks the server for news while the page is looked at: at once when it becomes visible again, never while hidden.
import { useEffect, useRef } from "react";

export function Pulse({ every, onBeat }) {
  const beat = useRef(onBeat);
  beat.current = onBeat;
  useEffect(() => {
    const tick = () => document.visibilityState === "visible" && beat.current?.();
    const timer = setInterval(tick, every);
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [every]);
  return null;
}
