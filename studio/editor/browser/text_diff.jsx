// Two texts and what differs, to read: side by side or as one, with what is alike folded away.
//
// <TextDiff old="workflow a {...}" new="workflow a {...}"
//   initial="sides" | "inline"      how it is shown at first (as last chosen, otherwise side by side where there is room)
//   oldLabel="Version 3" newLabel="Draft"
// />
//
// Fills its parent's width and grows with what is shown; put it where it may scroll.
import "./segments.css";
import "./text_diff.css";
import { useEffect, useMemo, useRef, useState } from "react";
import { StringStream } from "@codemirror/language";
import { ChevronsUpDown } from "lucide-react";
import { inLine, runs } from "./line_diff.js";
import { startState, token } from "./weft_tokens.js";

const AROUND = 3; // lines that stay to be seen around what differs
const NARROW = 720; // px: below this two sides are too narrow to read
const REMEMBERED = "weft-diff-shown";
const WAYS = { sides: "Side by side", inline: "As one" };

export function TextDiff({ old = "", new: fresh = "", initial, oldLabel = "Before", newLabel = "After" }) {
  const element = useRef(null);
  const [wide, setWide] = useState(true);
  const [chosen, setChosen] = useState(() => localStorage.getItem(REMEMBERED) ?? initial ?? "");
  const [opened, setOpened] = useState(new Set());
  const rows = useMemo(() => rowsOf(old, fresh), [old, fresh]);
  const [added, removed] = useMemo(() => [rows.filter((row) => row.d !== undefined && row.kind !== "same").length, rows.filter((row) => row.b !== undefined && row.kind !== "same").length], [rows]);
  useEffect(() => setOpened(new Set()), [rows]);
  useEffect(() => {
    const watcher = new ResizeObserver(([entry]) => setWide(entry.contentRect.width >= NARROW));
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, []);
  const way = wide ? chosen || "sides" : "inline";
  const choose = (next) => (localStorage.setItem(REMEMBERED, next), setChosen(next));
  return (
    <div ref={element} className={`wf-diff is-${way}`} data-testid="text-diff">
      <div className="wf-diff-bar">
        <span>
          {oldLabel} → {newLabel}
        </span>
        <span className="wf-diff-count" aria-label={`${added} lines added, ${removed} removed`}>
          <ins>+{added}</ins> <del>−{removed}</del>
        </span>
        {wide ? (
          <div className="wf-segments" role="group" aria-label="How it is shown">
            {Object.entries(WAYS).map(([key, words]) => (
              <button key={key} type="button" aria-pressed={way === key} data-testid={`diff-${key}`} onClick={() => choose(key)}>
                {words}
              </button>
            ))}
          </div>
        ) : null}
      </div>
      {added + removed === 0 ? <p className="wf-diff-none w-muted">The two texts are the same.</p> : <Table rows={rows} way={way} opened={opened} open={(fold) => setOpened(new Set([...opened, fold]))} labels={[oldLabel, newLabel]} />}
    </div>
  );
}

function Table({ rows, way, opened, open, labels }) {
  const shown = folded(rows, opened);
  const columns = way === "sides" ? ["number", "text", "number", "text"] : ["number", "number", "text"];
  return (
    <div className="wf-diff-scroll" tabIndex={0} role="region" aria-label={`What differs: ${labels[0]}, ${labels[1]}`}>
      <table>
        <colgroup>
          {columns.map((kind, n) => (
            <col key={n} className={`wf-diff-col-${kind}`} />
          ))}
        </colgroup>
        <tbody>
          {shown.map((row) =>
            row.fold !== undefined ? (
              <tr key={`fold-${row.fold}`} className="wf-diff-fold">
                <td colSpan={columns.length}>
                  <button type="button" data-testid="diff-unfold" onClick={() => open(row.fold)}>
                    <ChevronsUpDown size={13} aria-hidden="true" /> {row.count} lines that are the same
                  </button>
                </td>
              </tr>
            ) : way === "sides" ? (
              <Sides key={`${row.b ?? "-"}:${row.d ?? "-"}`} row={row} />
            ) : (
              <Inline key={`${row.b ?? "-"}:${row.d ?? "-"}`} row={row} />
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function Sides({ row }) {
  return (
    <tr>
      <Line n={row.b} parts={row.old} kind={row.kind === "same" ? "same" : row.b === undefined ? "void" : "del"} />
      <Line n={row.d} parts={row.fresh} kind={row.kind === "same" ? "same" : row.d === undefined ? "void" : "add"} />
    </tr>
  );
}

function Line({ n, parts, kind }) {
  return (
    <>
      <td className={`wf-diff-number is-${kind}`}>{n === undefined ? "" : n + 1}</td>
      <td className={`wf-diff-text is-${kind}`}>{parts ? <Coloured parts={parts} /> : null}</td>
    </>
  );
}

function Inline({ row }) {
  const sides = row.kind === "same" ? [["same", row.fresh, row.b, row.d]] : [...(row.old ? [["del", row.old, row.b, undefined]] : []), ...(row.fresh ? [["add", row.fresh, undefined, row.d]] : [])];
  return sides.map(([kind, parts, b, d]) => (
    <tr key={kind}>
      <td className={`wf-diff-number is-${kind}`}>{b === undefined ? "" : b + 1}</td>
      <td className={`wf-diff-number is-${kind}`}>{d === undefined ? "" : d + 1}</td>
      <td className={`wf-diff-text is-${kind}`}>
        <span className="w-visually-hidden">{{ del: "removed: ", add: "added: ", same: "" }[kind]}</span>
        <Coloured parts={parts} />
      </td>
    </tr>
  ));
}

const Coloured = ({ parts }) => parts.map(({ text, style, changed }, index) => <span key={index} className={`${style ? `wf-t-${style}` : ""} ${changed ? "is-changed" : ""}`}>{text}</span>);

// ---- rows ------------------------------------------------------------------------------------------------------------

// One row a line, or a pair of lines that took each other's place: {kind, b, d, old, fresh}; `b` and `d` are line numbers.
export function rowsOf(old, fresh) {
  const found = runs(old, fresh);
  const [left, right] = [coloured(found.before), coloured(found.after)];
  const rows = [];
  for (const { kind, a, b, c, d } of found.runs) {
    const length = Math.max(b - a, d - c);
    for (let n = 0; n < length; n++) {
      const [i, j] = [a + n < b ? a + n : undefined, c + n < d ? c + n : undefined];
      const row = { kind, b: i, d: j, old: i === undefined ? null : left(i), fresh: j === undefined ? null : right(j) };
      if (kind === "changed" && i !== undefined && j !== undefined) {
        const [was, is] = inLine(found.before[i], found.after[j]);
        // A line that keeps hardly anything is another line: marking every word of it tells nothing.
        const alike = was.filter((part) => !part.changed && part.text.trim()).reduce((sum, part) => sum + part.text.length, 0);
        if (alike * 3 >= found.before[i].trim().length) [row.old, row.fresh] = [marked(row.old, was), marked(row.fresh, is)];
      }
      rows.push(row);
    }
  }
  return rows;
}

function folded(rows, opened) {
  const shown = [];
  for (let at = 0; at < rows.length; ) {
    if (rows[at].kind !== "same") {
      shown.push(rows[at++]);
      continue;
    }
    let end = at;
    while (end < rows.length && rows[end].kind === "same") end++;
    const from = at === 0 ? 0 : at + AROUND;
    const to = end === rows.length ? end : end - AROUND;
    if (to - from < 4 || opened.has(at)) shown.push(...rows.slice(at, end));
    else shown.push(...rows.slice(at, from), { fold: at, count: to - from }, ...rows.slice(to, end));
    at = end;
  }
  return shown;
}

// The colours of a text's lines, each made when it is asked for; what goes before a line is read with it.
function coloured(lines) {
  const state = startState();
  const found = [];
  return (n) => {
    while (found.length <= n) found.push(tokens(lines[found.length], state));
    return found[n];
  };
}

function tokens(line, state) {
  const stream = new StringStream(line, 2, 2);
  const parts = [];
  while (!stream.eol()) {
    stream.start = stream.pos;
    const style = token(stream, state);
    if (stream.pos === stream.start) stream.next();
    parts.push({ text: stream.current(), style: style ?? "" });
  }
  return parts.length ? parts : [{ text: " ", style: "" }];
}

// Coloured parts cut where what changed begins and ends.
function marked(parts, pieces) {
  const found = [];
  let [piece, used] = [0, 0];
  for (const { text, style } of parts) {
    let rest = text;
    while (rest && piece < pieces.length) {
      const take = rest.slice(0, pieces[piece].text.length - used);
      found.push({ text: take, style, changed: pieces[piece].changed && take.trim() !== "" });
      rest = rest.slice(take.length);
      used += take.length;
      if (used === pieces[piece].text.length) [piece, used] = [piece + 1, 0];
    }
    if (rest) found.push({ text: rest, style });
  }
  return found;
}
