// Lengths of time, moments and time zones.
import { useEffect, useId, useRef, useState } from "react";

const UNITS = [["ms", "ms"], ["s", "seconds"], ["m", "minutes"], ["h", "hours"], ["d", "days"], ["w", "weeks"]];

// A number and its unit; what needs several units, such as 1m30s, is written out.
export function Duration({ field, shared, draft, type, commit, keys, left }) {
  const match = /^(\d*)(ms|s|m|h|d|w)?$/.exec(draft.trim());
  const [unit, setUnit] = useState("s");
  const hint = /([a-z]+)$/.exec(field.placeholder ?? "")?.[1];
  useEffect(() => setUnit((now) => match?.[2] ?? (UNITS.some(([short]) => short === hint) ? hint : now)), [draft]); // eslint-disable-line
  const box = useRef(null);
  if (draft && !match)
    return <input {...shared} className="w-input" type="text" value={draft} onChange={(event) => type(event.target.value)} onBlur={left} onKeyDown={keys} />;
  const number = match?.[1] ?? "";
  const whole = (count, of) => (count === "" ? "" : `${count}${of}`);
  return (
    <div className="wf-duration" ref={box} onBlur={(event) => (event.currentTarget.contains(event.relatedTarget) ? null : left(event))}>
      <input {...shared} className="w-input" type="text" inputMode="numeric" autoComplete="off" value={number} placeholder={(field.placeholder ?? "").replace(/[a-z]+$/, "")} onChange={(event) => type(/^\d*$/.test(event.target.value) ? whole(event.target.value, unit) : event.target.value)} onKeyDown={keys} />
      <select
        className="w-input"
        aria-label="Unit"
        value={unit}
        disabled={shared.disabled}
        data-testid={`${shared["data-testid"]}-unit`}
        onKeyDown={(event) => event.stopPropagation()}
        onChange={(event) => {
          setUnit(event.target.value);
          if (number) commit(whole(number, event.target.value), "plain");
        }}
      >
        {UNITS.map(([short, words]) => <option key={short} value={short}>{words}</option>)}
      </select>
    </div>
  );
}

const local = (iso) => {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "" : new Date(at.getTime() - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};

// A moment in the time of the person who looks; kept in UTC.
export function Moment({ shared, value, commit, keys }) {
  const [draft, setDraft] = useState(local(value));
  useEffect(() => setDraft(local(value)), [value]);
  const said = () => {
    if (draft === local(value)) return;
    commit(draft ? new Date(draft).toISOString().replace(/\.\d+Z$/, "Z") : "", "plain");
  };
  return <input {...shared} className="w-input" type="datetime-local" value={draft} onChange={(event) => setDraft(event.target.value)} onBlur={said} onKeyDown={keys} />;
}

export function Zone(props) {
  const list = useId();
  return (
    <>
      <input {...props} type="text" list={list} spellCheck={false} />
      <datalist id={list}>{["UTC", ...Intl.supportedValuesOf("timeZone")].map((zone) => <option key={zone} value={zone} />)}</datalist>
    </>
  );
}
