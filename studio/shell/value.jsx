// Any JSON value for people: small flat objects as a table, long or deep ones folded, everything copyable.
import { useState } from "react";

const isPlain = (value) => value === null || typeof value !== "object";
const LONG = 320;

export function words(name) {
  const spaced = String(name).replace(/[_-]+/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function Plain({ value }) {
  const [open, setOpen] = useState(false);
  if (value === null || value === undefined) return <span className="w-muted">none</span>;
  if (typeof value === "boolean") return <span>{value ? "yes" : "no"}</span>;
  if (typeof value === "number") return <span className="w-number">{String(value)}</span>;
  const text = String(value);
  if (text === "") return <span className="w-muted">empty</span>;
  const lines = text.includes("\n");
  const shown = open || text.length <= LONG ? text : `${text.slice(0, LONG)}…`;
  return (
    <span className={lines ? "w-value-lines" : undefined}>
      {shown}
      {text.length > LONG && (
        <button type="button" className="w-link" onClick={() => setOpen(!open)}>
          {open ? "less" : "all of it"}
        </button>
      )}
    </span>
  );
}

// Stored JSON has no order of its own: names of things first, long and deep values last.
function rank([key, value]) {
  if (value !== null && typeof value === "object") return 4;
  if (typeof value === "string" && (value.length > 80 || value.includes("\n"))) return 3;
  if (/^(id|to|name|title)$/.test(key)) return 0;
  return /_id$/.test(key) ? 1 : 2;
}

function Rows({ entries, depth }) {
  return (
    <table className="w-value">
      <tbody>
        {entries.map(([key, each]) => (
          <tr key={key}>
            <th scope="row">{words(key)}</th>
            <td>
              <Value value={each} depth={depth + 1} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Value({ value, depth = 0 }) {
  if (isPlain(value)) return <Plain value={value} />;
  const entries = Object.entries(value);
  if (entries.length === 0) return <span className="w-muted">{Array.isArray(value) ? "empty list" : "nothing"}</span>;
  if (Array.isArray(value) && value.every(isPlain) && value.length <= 12) {
    return <span>{value.map(String).join(", ")}</span>;
  }
  const named = Array.isArray(value) ? entries.map(([index, each]) => [String(Number(index) + 1), each]) : entries.sort((a, b) => rank(a) - rank(b));
  const rows = <Rows entries={named} depth={depth} />;
  if (depth === 0) return rows;
  const count = Array.isArray(value) ? `${entries.length} ${entries.length === 1 ? "item" : "items"}` : entries.map(([key]) => words(key)).slice(0, 4).join(", ");
  return (
    <details className="w-value-more" open={depth < 2 && entries.length <= 6 ? true : undefined}>
      <summary>{count}</summary>
      {rows}
    </details>
  );
}

// A value that is too large for the journal: its size, and where to get it.
export function Large({ size, address }) {
  return (
    <p>
      {size},{" "}
      {address ? (
        <a href={address} download>
          download
        </a>
      ) : (
        <span className="w-muted">not kept: it follows from the steps before it</span>
      )}
    </p>
  );
}

export function Json({ value, label = "" }) {
  const [copied, setCopied] = useState(false);
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  async function copy() {
    await navigator.clipboard?.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1200);
  }
  return (
    <div className="w-json">
      <pre className="w-code" tabIndex={0} aria-label={label || "JSON"}>
        {text ?? "null"}
      </pre>
      <button type="button" className="w-button ghost small" onClick={copy}>
        {copied ? "Copied" : "Copy"}
      </button>
    </div>
  );
}
