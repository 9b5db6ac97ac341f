// What the fields of the form share: the field that a picked path goes into, and what expressions come out as. The
// server answers one try at a time; of those that wait, only the newest of each field is asked.
import { createContext, useContext, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { createStore } from "./graph.js";

export const Form = createContext(null);
export const useForm = () => useContext(Form);

const PAUSE = 180; // ms without a key before a value is tried

export class Live {
  shown = createStore({ previews: {}, data: [], run: {}, step: "" });
  taker = createStore(null); // {label, take(path)} of the field that was last typed in
  ask = null;
  seq = 0;
  waiting = new Map(); // seq -> resolve

  look(step) {
    this.ask?.({ type: "look", step });
  }

  try(step, value, mode) {
    const seq = ++this.seq;
    return new Promise((resolve) => {
      this.waiting.set(seq, resolve);
      this.ask?.({ type: "try", seq, step, value, mode });
      setTimeout(() => this.answered({ seq }), 4000);
    });
  }

  answered(tried) {
    const resolve = this.waiting.get(tried?.seq);
    this.waiting.delete(tried?.seq);
    resolve?.(tried);
  }
}

export const placeOf = (field) => [field.key, ...(field.at ?? [])].join(".");

// What an expression comes out as: told with the form for what is written, asked for what is being typed.
export function usePreview(field, draft, mode, typing) {
  const { live, step } = useForm();
  const shown = useSyncExternalStore(live.shown.subscribe, live.shown.get);
  const [tried, setTried] = useState(null);
  const latest = useRef(0);
  useEffect(() => {
    if (!typing || !field.read || (mode === "plain" && !draft.includes("${")) || !draft.trim()) return setTried(null);
    const timer = setTimeout(async () => {
      const own = ++latest.current;
      const answer = await live.try(step, draft, mode);
      if (own === latest.current) setTried(answer);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [draft, mode, typing]); // eslint-disable-line
  if (typing) return tried;
  return shown.step === step ? (shown.previews[placeOf(field)] ?? null) : null;
}
