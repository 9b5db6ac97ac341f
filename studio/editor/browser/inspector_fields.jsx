// The fields of a form. Each keeps what is being typed to itself and says it once: on Enter, when it is left, or when
// something is chosen. Escape drops it. What the server refuses stays in the field, with the reason below.
import { useEffect, useId, useRef, useState } from "react";
import { ArrowDown, ArrowUp, ChevronRight, Crosshair, Plus, SquareFunction, Trash2 } from "lucide-react";
import { Chips, Picks } from "./inspector_lists.jsx";
import { Duration, Moment, Zone } from "./inspector_times.jsx";
import { Expression } from "./expression.jsx";
import { Said } from "./said.jsx";
import { placeOf, useForm, usePreview } from "./inspector_live.js";
import { toExpression, toPlain } from "./inspector_spelling.js";
import { holds } from "./unsent.js";

export const testId = (field) => {
  const key = placeOf(field);
  return key.startsWith("arg:") ? `arg-${key.slice(4)}` : `field-${key.replace(/^(expr|clause):/, "")}`;
};

const PATH = "application/x-weft-path";
const SAID = 300; // ms until the studio has heard of a value
let spells = 0; // of typing, on this page
const same = (a, b) => a.length === b.length && a.every((one, index) => one === b[index]);

export function Field({ field }) {
  if (field.control === "note") return <Note field={field} />;
  if (field.control === "choice") return <Choice field={field} />;
  if (field.control === "group" || field.control === "rows") return <Nested field={field} />;
  return <Single field={field} />;
}

function say(form, field, value, rest = {}) {
  form.say("set", { key: field.key, at: field.at ?? [], value, control: field.control, mode: "plain", ...rest });
}

function Single({ field }) {
  const form = useForm();
  const id = useId();
  const values = field.values ?? [];
  const [draft, setDraft] = useState(field.mode === "plain" ? field.value : (field.source ?? field.value));
  const [mode, setMode] = useState(field.mode);
  const [list, setList] = useState(values);
  const [typing, setTyping] = useState(false);
  const [over, setOver] = useState(false);
  const handle = useRef(null);
  const written = mode === "expression" ? (field.source ?? field.value) : field.value;
  const trouble = form.troubleOf(field);

  // What the text holds comes in, unless something is being typed.
  useEffect(() => {
    setMode(field.mode);
    setDraft(field.mode === "plain" ? field.value : (field.source ?? field.value));
    setList(values);
    setTyping(false);
  }, [field.value, field.source, field.mode, values.join("\u0000")]); // eslint-disable-line

  const held = typing && draft !== written && !form.readOnly;
  useEffect(() => {
    if (!held) return undefined;
    const part = `field-${++spells}`;
    holds(part, true);
    // What was said is on its way for a moment.
    return () => setTimeout(() => holds(part, false), SAID);
  }, [held]);

  const preview = usePreview(field, draft, mode, typing);
  const commit = (value = draft, as = mode) => {
    setTyping(false);
    const unchanged = as === field.mode ? value === (as === "plain" ? field.value : (field.source ?? field.value)) : value === "";
    if (form.readOnly || unchanged) return;
    if (field.key.endsWith(".name")) form.renamed(field, value.trim());
    say(form, field, value, { mode: as });
  };
  const commitList = (next) => {
    setList(next);
    if (!same(next, values)) say(form, field, "", { values: next });
  };
  const type = (value) => (setDraft(value), setTyping(true));
  const drop = () => {
    form.forget(field);
    setDraft(field.mode === "plain" ? field.value : (field.source ?? field.value));
    setMode(field.mode);
    setTyping(false);
  };
  const toggle = () => {
    form.forget(field);
    if (mode === "plain") {
      setDraft(field.mode === "plain" && draft === field.value && field.source !== undefined ? field.source : toExpression(field.control, draft, list, field.quoted ?? true));
      setMode("expression");
    } else {
      const plain = toPlain(field.control, draft, field.options ?? [], field.quoted ?? true);
      setDraft(plain?.value ?? "");
      setList(plain?.values ?? []);
      setMode("plain");
    }
    requestAnimationFrame(() => handle.current?.focus?.() ?? document.getElementById(id)?.focus());
  };

  // A picked path goes to the cursor; a control that takes no words becomes an expression by it.
  const take = (path) => {
    const words = mode === "plain" ? `\${${path}}` : path;
    if (handle.current && (mode === "expression" || draft.trim())) return handle.current.insert(words);
    setMode("expression");
    setDraft(path);
    commit(path, "expression");
  };
  const takes = field.read && !form.readOnly;
  const label = form.labelOf(field);
  const onFocus = () => form.live.taker.set(takes ? { id, label, take: (path) => latest.current(path) } : null);
  const latest = useRef(take);
  latest.current = take;
  const onDrop = (event) => {
    const path = event.dataTransfer.getData(PATH);
    setOver(false);
    if (!path) return;
    event.preventDefault();
    event.stopPropagation();
    take(path);
  };

  const problem = trouble ? `${trouble.message}` : typing ? "" : (field.problem ?? "");
  const about = [problem && `${id}-problem`, preview?.text && `${id}-preview`, field.help && `${id}-help`].filter(Boolean).join(" ");
  const shared = { id, "aria-describedby": about || undefined, "aria-invalid": problem ? true : undefined, disabled: form.readOnly, "data-testid": testId(field) };
  const control = { field, shared, draft, type, commit, drop, list, commitList, mode, handle, label };
  const bare = field.sort === "switch";
  return (
    <div
      className={`w-field wf-field ${problem ? "has-problem" : ""} ${over ? "is-over" : ""} ${bare ? "is-switch" : ""}`}
      onFocusCapture={onFocus}
      onDragOver={takes ? (event) => event.dataTransfer.types.includes(PATH) && (event.preventDefault(), setOver(true)) : undefined}
      onDragLeave={takes ? () => setOver(false) : undefined}
      onDropCapture={takes ? onDrop : undefined}
    >
      <Label field={field} id={id} label={label} mode={mode} toggle={toggle} />
      {mode === "expression" ? <Code {...control} /> : <Plain {...control} />}
      <div className="wf-under">
        {field.read && mode === "expression" ? (
          <output className={`wf-preview ${preview?.ok ? "is-value" : ""}`} id={`${id}-preview`} data-testid={`preview-${testId(field)}`} title={preview?.text}>
            {preview?.text ? (preview.ok ? `= ${preview.text}` : preview.text) : "\u00a0"}
          </output>
        ) : preview?.ok ? (
          <output className="wf-preview is-value" id={`${id}-preview`} data-testid={`preview-${testId(field)}`} title={preview.text}>= {preview.text}</output>
        ) : null}
        {problem ? (
          <span className="w-error" id={`${id}-problem`} role={trouble ? "alert" : undefined}>
            <span><Said text={problem} />{trouble?.help ? <> <Said text={trouble.help} /></> : null}</span>
          </span>
        ) : null}
        {field.help ? <span className="w-help" id={`${id}-help`}>{field.help}</span> : null}
        {field.default && !field.value && mode === "plain" && field.control !== "text" && field.control !== "number" ? <span className="w-help">Otherwise {field.default}.</span> : null}
      </div>
    </div>
  );
}

function Label({ field, id, label, mode, toggle, hidden }) {
  const form = useForm();
  return (
    <div className="wf-label">
      <label htmlFor={id} id={`${id}-label`} title={field.key.startsWith("arg:") ? placeOf(field).slice(4) : undefined}>
        {label}
        {field.required && !field.value && !field.source && !(field.values ?? []).length ? <span className="wf-required">required</span> : null}
      </label>
      <Tools field={field} label={label} />
      {field.can?.includes("fx") && !form.readOnly && !hidden ? (
        <button
          type="button"
          className={`wf-mode ${mode === "expression" ? "is-on" : ""}`}
          aria-pressed={mode === "expression"}
          title={mode === "plain" ? "Use an expression, such as order.id" : "Use a plain value"}
          aria-label={`${label}: use an expression`}
          data-testid={`fx-${testId(field)}`}
          onClick={toggle}
        >
          <SquareFunction size={14} />
        </button>
      ) : null}
    </div>
  );
}

const MOVES = { up: ["Move up", ArrowUp], down: ["Move down", ArrowDown], drop: ["Remove", Trash2] };

function Tools({ field, label }) {
  const form = useForm();
  const ops = form.readOnly ? [] : ["up", "down", "drop"].filter((op) => field.can?.includes(op));
  const opens = field.can?.includes("open") || (field.opens && ops.length);
  if (!ops.length && !opens) return null;
  return (
    <span className="wf-field-tools">
      {opens ? (
        <button type="button" className="wf-mode" title="Show its lane on the canvas" aria-label={`${label}: show its lane on the canvas`} onClick={() => form.say("lane", { slot: field.opens })}>
          <Crosshair size={13} />
        </button>
      ) : null}
      {ops.map((op) => {
        const [words, Icon] = MOVES[op];
        return (
          <button key={op} type="button" className="wf-mode" title={words} aria-label={`${words}: ${label}`} data-testid={`${op}-${testId(field)}`} onClick={() => say(form, field, "", { op })}>
            <Icon size={13} />
          </button>
        );
      })}
    </span>
  );
}

// An expression, or words with holes: colours and completion come with it.
function Code({ field, shared, draft, type, commit, drop, mode, handle, label }) {
  const { step, readOnly } = useForm();
  return (
    <Expression
      step={step}
      key_={field.key}
      at={field.at ?? []}
      control={field.control}
      mode={mode}
      value={draft}
      lines={mode === "plain" || field.control === "group" ? Math.max(field.lines, draft.includes("\n") ? 3 : 1) : field.lines}
      id={shared.id}
      label={label}
      describedBy={shared["aria-describedby"]}
      invalid={shared["aria-invalid"]}
      placeholder={field.placeholder || (mode === "expression" ? "order.id" : "")}
      readOnly={readOnly}
      testId={shared["data-testid"]}
      onReady={(field) => (handle.current = field)}
      onChange={type}
      onCommit={(value) => commit(value, mode)}
      onDrop={drop}
    />
  );
}

function Plain(props) {
  const { field, shared, draft, type, commit, drop, list, commitList } = props;
  const keys = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      drop();
      // Leaving the field must not say what was just dropped.
      event.currentTarget.dataset.dropped = "yes";
      event.currentTarget.blur();
    } else if (event.key === "Enter" && (field.lines <= 1 || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      commit();
    }
  };
  const left = (event) => {
    if (event.currentTarget.dataset.dropped) return void delete event.currentTarget.dataset.dropped;
    commit();
  };
  const typed = { ...shared, value: draft, onChange: (event) => type(event.target.value), onBlur: left, onKeyDown: keys, placeholder: field.placeholder, autoComplete: "off", className: "w-input" };
  switch (field.control) {
    case "toggle":
      if (field.sort === "switch") return <Switch {...props} />;
      return <Select {...props} field={{ ...field, labels: ["Yes", "No"] }} />;
    case "select":
      return <Select {...props} />;
    case "picks":
      return <Picks field={field} shared={shared} values={list} onChange={commitList} label={props.label} />;
    case "chips":
      return <Chips field={field} shared={shared} values={list} onChange={commitList} label={props.label} />;
    case "duration":
      return <Duration field={field} shared={shared} draft={draft} type={type} commit={commit} keys={keys} left={left} />;
    case "date":
    case "time":
      return <input {...typed} type={field.control} />;
    case "moment":
      return <Moment shared={shared} value={draft} commit={commit} keys={keys} type={type} />;
    case "number":
      return <input {...typed} type="text" inputMode={field.sort === "integer" ? "numeric" : "decimal"} />;
    case "code":
      return field.lines > 1 ? <textarea {...typed} className="w-input mono" rows={field.lines} spellCheck={false} /> : <input {...typed} className="w-input mono" type="text" spellCheck={false} />;
    default:
      if (field.sort === "zone") return <Zone {...typed} />;
      if (field.read) return <Code {...props} />;
      if (field.lines > 1) return <textarea {...typed} rows={Math.min(10, Math.max(field.lines, draft.split("\n").length))} />;
      return <input {...typed} type="text" />;
  }
}

function Select({ field, shared, draft, commit, type }) {
  const options = field.options ?? [];
  const known = options.includes(draft);
  const choose = (value) => {
    type(value);
    commit(value, "plain");
  };
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const form = useForm();
  const onChange = (event) => (field.key.endsWith(".sort") ? say(form, field, event.target.value, { values: [zone] }) : choose(event.target.value));
  return (
    <select {...shared} className="w-input" value={known ? draft : ""} onChange={onChange} onKeyDown={(event) => event.stopPropagation()}>
      {known && field.required ? null : <option value="">{field.required ? "Choose…" : field.default ? `Not set (${field.default})` : "Not set"}</option>}
      {options.map((option, index) => <option key={option} value={option}>{field.labels?.[index] ?? option}</option>)}
    </select>
  );
}

function Switch({ field, shared, draft, commit }) {
  return <input {...shared} type="checkbox" role="switch" className="wf-switch" checked={draft === "true"} onChange={(event) => commit(event.target.checked ? "true" : "false", "plain")} onKeyDown={(event) => event.stopPropagation()} />;
}

function Note({ field }) {
  return (
    <div className="wf-told-note" data-testid={testId(field)}>
      {field.problem ? <span className="w-error"><span><Said text={field.problem} /></span></span> : (
        <>
          {field.opens ? <a href={field.opens}>{field.value}</a> : <span>{field.value}</span>}
          {field.values?.length ? <span className="w-muted">Next: {field.values.join(" · ")}</span> : null}
        </>
      )}
    </div>
  );
}

// One of several shapes. Which one is shown is the person's choice; the text says it once a field is filled in.
function Choice({ field }) {
  const form = useForm();
  const id = useId();
  const [chosen, setChosen] = useState(field.value);
  useEffect(() => setChosen(field.value), [field.value, field.source]);
  const inner = field.fields?.[Number(chosen)];
  return (
    <div className="wf-choice" role="group" aria-labelledby={`${id}-label`}>
      <Label field={field} id={id} label={form.labelOf(field)} mode="plain" />
      <select id={id} className="w-input" value={chosen} disabled={form.readOnly} data-testid={`choice-${testId(field)}`} onChange={(event) => setChosen(event.target.value)} onKeyDown={(event) => event.stopPropagation()}>
        {field.options.map((option, index) => <option key={option} value={option}>{field.labels[index]}</option>)}
      </select>
      {field.help ? <span className="w-help">{field.help}</span> : null}
      {inner ? <Field key={chosen} field={{ ...inner, label: "" }} /> : null}
    </div>
  );
}

// An object or a list: fields below each other, indented; or one expression that makes the whole.
function Nested({ field }) {
  const form = useForm();
  const id = useId();
  const [mode, setMode] = useState(field.mode);
  const fresh = form.isFresh(field);
  const [open, setOpen] = useState(field.sort !== "folds" || fresh);
  useEffect(() => setMode(field.mode), [field.mode, field.source]);
  const label = form.labelOf(field);
  if (mode === "expression")
    return <Whole field={field} onPlain={() => setMode("plain")} />;
  const trouble = form.troubleOf(field);
  const problem = trouble?.message ?? (field.sort === "folds" ? "" : field.problem);
  const rows = field.control === "rows";
  const add = () => {
    form.added(field);
    say(form, field, "", { op: "add", values: [Intl.DateTimeFormat().resolvedOptions().timeZone] });
  };
  const folds = field.sort === "folds";
  const pair = field.sort === "pair";
  return (
    <div className={`${rows ? "wf-nested-rows" : "wf-nested"} ${folds ? "wf-folded" : ""}`} role="group" aria-label={label || undefined} data-testid={`group-${testId(field)}`}>
      {folds ? (
        <div className="wf-label wf-folding">
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)} data-testid={`fold-${testId(field)}`}>
            <ChevronRight size={13} className={open ? "is-open" : ""} aria-hidden="true" />
            <strong>{label}</strong>
            <span className="w-muted w-truncate">{field.value}</span>
            {field.problem ? <span className="wf-dot error" role="img" aria-label="has a problem" /> : null}
          </button>
          <Tools field={field} label={label} />
        </div>
      ) : pair || field.sort === "bare" ? (pair ? null : <div className="wf-label"><span className="w-spacer" /><Tools field={field} label={label} /></div>) : label || field.can?.includes("fx") ? (
        <Label field={field} id={id} label={label} mode="plain" toggle={() => setMode("expression")} />
      ) : field.can?.includes("drop") ? <div className="wf-label"><span className="w-spacer" /><Tools field={field} label={label || "item"} /></div> : null}
      {open ? (
        <div className={`wf-inside ${pair ? "is-pair" : ""} ${!label || folds || pair || field.sort === "bare" ? "is-flush" : ""}`}>
          {(field.fields ?? []).filter((inner) => !inner.fixed).map((inner) => <Field key={`${placeOf(inner)}:${inner.control}`} field={inner} />)}
          {rows && field.can?.includes("add") && !form.readOnly ? (
            <button type="button" className="w-button ghost small wf-add-row" data-testid={`add-${testId(field)}`} onClick={add}>
              <Plus size={13} /> {field.adds}
            </button>
          ) : null}
          {pair && field.can?.includes("drop") ? <Tools field={field} label={label} /> : null}
          {problem ? <span className="w-error" role={trouble ? "alert" : undefined}><span><Said text={problem} /></span></span> : null}
          {field.help ? <span className="w-help">{field.help}</span> : null}
        </div>
      ) : null}
    </div>
  );
}

// One expression that makes the whole object or list.
function Whole({ field, onPlain }) {
  const { readOnly } = useForm();
  const whole = { ...field, control: "expression", mode: "expression", value: field.source ?? "", lines: 2, fields: undefined };
  return (
    <div className="wf-whole">
      <Single field={{ ...whole, can: (field.can ?? []).filter((one) => one !== "fx") }} />
      {readOnly ? null : <button type="button" className="w-button ghost small" onClick={onPlain}>Fill in fields instead</button>}
    </div>
  );
}
