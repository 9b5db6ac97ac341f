// What the page of triggers shows in the browser: text to copy, and a moment as the reader's own clock has it.
import { useEffect, useState } from "react";
import "./triggers.css";

export function Copied({ text, label, code = false }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const soon = setTimeout(() => setCopied(false), 1500);
    return () => clearTimeout(soon);
  }, [copied]);
  async function copy() {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
  }
  const words = copied ? "Copied" : "Copy";
  return (
    <div className={code ? "w-copied code" : "w-copied"}>
      <pre className={code ? "w-code" : "w-copied-line w-mono"} tabIndex={0} aria-label={label}>{text}</pre>
      <button type="button" className="w-button small" aria-label={`${words}: ${label}`} onClick={copy}>
        {words}
      </button>
    </div>
  );
}

export function Moment({ at }) {
  if (!at) return <span />;
  const how = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  return (
    <time dateTime={at} title={new Date(at).toLocaleString()} suppressHydrationWarning>
      {new Date(at).toLocaleString(undefined, how)}
    </time>
  );
}
