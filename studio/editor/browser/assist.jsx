// The page's line to whoever answers what the editors ask. Shows nothing.
import { useEffect } from "react";
import { answered, connect } from "./assist.js";

export function AssistWire({ answer, onAsk }) {
  // The handler is another function whenever the page is drawn again; what waits goes on waiting.
  useEffect(() => connect(onAsk), [onAsk]);
  useEffect(() => () => connect(null), []);
  useEffect(() => answered(answer), [answer]);
  return null;
}
