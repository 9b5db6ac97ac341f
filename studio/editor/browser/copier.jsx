// Puts a text on the clipboard whenever `copied` ({seq, text}) is another one. Where the browser has no clipboard for
// pages (an address without https), the old way: a field that is selected and copied. Shows nothing.
import { useEffect, useRef } from "react";

export function Copier({ copied }) {
  const done = useRef(copied?.seq ?? 0);
  useEffect(() => {
    if (!copied?.seq || copied.seq === done.current) return;
    done.current = copied.seq;
    if (navigator.clipboard?.writeText) navigator.clipboard.writeText(copied.text).catch(() => byHand(copied.text));
    else byHand(copied.text);
  }, [copied]);
  return null;
}

function byHand(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.setAttribute("readonly", "");
  field.style.cssText = "position: fixed; opacity: 0";
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}
