// The form for one step. Fields keep what is being typed to themselves and say it once, on Enter or when left.
import "./inspector.css";
import { useEffect, useId, useRef, useState } from "react";
import { ChevronRight, Route, SquareFunction, Trash2, Wand2, X, Zap } from "lucide-react";
import { KindIcon, toneOf } from "./icons.jsx";
import { Said } from "./said.jsx";

export function Inspector({ model, readOnly, onSay }) {
  if (!model?.path) return null;
  const say = (type, rest = {}) => onSay?.({ type, step: model.path, ...rest });
  const set = (key, value, mode = "expression") => say("set", { key, value, mode });
  return (
    <aside className="wf-inspector" aria-label="The selected step" data-testid="inspector" data-step={model.path}>
      <header>
        <span className={`wf-icon ${toneOf(model.kind)}`}>
          <KindIcon kind={model.kind} tool={model.tool} />
        </span>
        <div className="wf-inspector-name">
          <h2>{model.title}</h2>
          <p>{model.sentence}</p>
        </div>
        <button type="button" className="wf-bare" onClick={() => say("select", { step: null })} aria-label="Close" title="Close">
          <X size={16} />
        </button>
      </header>
      <div className="wf-inspector-body">
        {model.effect === "write" ? (
          <p className="wf-writes">
            <Zap size={13} aria-hidden="true" /> This step changes something outside.
          </p>
        ) : null}
        {model.problems.map((problem) => (
          <Problem key={`${problem.code}:${problem.index}`} problem={problem} onFix={() => say("fix", { index: problem.index })} onWay={() => say("way", { index: problem.index })} />
        ))}
        {model.sections.map((section) => (
          <Section key={`${model.path}:${section.title}`} section={section}>
            {section.fields.map((field) => (
              <Field key={`${model.path}:${field.key}:${model.refused ?? 0}`} field={field} readOnly={readOnly} onCommit={(value, mode) => set(field.key, value, mode)} />
            ))}
            {section.fields.length ? null : <p className="w-help">There is nothing to fill in.</p>}
          </Section>
        ))}
        <Section section={{ title: "About this step", folded: false }} key={`${model.path}:about`}>
          <Field key={`${model.path}:id:${model.refused ?? 0}`} field={{ key: "id", label: "Name", value: model.id, control: "expression", mode: "expression", mono: true, help: "Other steps read its result by this name." }} readOnly={readOnly} onCommit={(value) => set("id", value)} />
          <Field key={`${model.path}:doc`} field={{ key: "doc", label: "Description", value: model.doc, control: "text", mode: "plain", lines: 2, placeholder: "What it is for, in your words" }} readOnly={readOnly} plainOnly onCommit={(value) => set("doc", value)} />
        </Section>
        {readOnly ? null : (
          <button type="button" className="w-button danger small wf-remove" data-testid="remove-step" onClick={() => say("remove")}>
            <Trash2 size={14} /> Delete step
          </button>
        )}
      </div>
    </aside>
  );
}

function Problem({ problem, onFix, onWay }) {
  return (
    <div className={`wf-inspector-problem ${problem.severity}`} role="note">
      <strong><Said text={problem.message} /></strong>
      {problem.help ? <span><Said text={problem.help} /></span> : null}
      <span className="wf-problem-foot">
        <span className="wf-problem-code">{problem.code}</span>
        {problem.shows ? (
          <button type="button" className="w-button ghost small" data-testid="show-way" onClick={onWay}>
            <Route size={13} /> Show the way
          </button>
        ) : null}
      </span>
      {problem.fix ? (
        <button type="button" className="w-button small" onClick={onFix}>
          <Wand2 size={13} /> <Said text={problem.fix} />
        </button>
      ) : null}
    </div>
  );
}

function Section({ section, children }) {
  const [open, setOpen] = useState(!section.folded);
  return (
    <section className="wf-section">
      <h3>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <ChevronRight size={14} className={open ? "is-open" : ""} /> {section.title}
        </button>
      </h3>
      {open ? <div className="wf-fields">{children}</div> : null}
    </section>
  );
}

const testId = (key) => (key.startsWith("arg:") ? `arg-${key.slice(4)}` : `field-${key.replace(/^(expr|clause):/, "")}`);

function Field({ field, readOnly, plainOnly, onCommit }) {
  const id = useId();
  const [value, setValue] = useState(field.value);
  const [mode, setMode] = useState(field.mode);
  const dropped = useRef(false);
  useEffect(() => setValue(field.value), [field.value]);
  useEffect(() => setMode(field.mode), [field.mode]);
  const plain = mode === "plain";
  const canSwitch = field.control !== "expression" && !plainOnly && !readOnly;
  const commit = (next = value) => {
    if (dropped.current) return void (dropped.current = false);
    if (next !== field.value || (mode !== field.mode && next !== "")) onCommit(next, mode);
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") {
      dropped.current = true;
      setValue(field.value);
      setMode(field.mode);
      event.currentTarget.blur();
    }
    if (event.key === "Enter" && (field.lines <= 1 || event.ctrlKey || event.metaKey || !field.lines)) {
      event.preventDefault();
      event.currentTarget.blur();
    }
  };
  const shared = {
    id,
    value,
    disabled: readOnly,
    onChange: (event) => setValue(event.target.value),
    onBlur: () => commit(),
    onKeyDown,
    spellCheck: plain && field.control === "text",
    placeholder: plain ? field.placeholder : field.control === "expression" ? field.placeholder : "order.id",
    "aria-invalid": field.problem ? true : undefined,
    "aria-describedby": `${id}-about`,
    "data-testid": testId(field.key),
    className: `w-input ${plain && !field.mono ? "" : "mono"}`,
  };
  const picks = plain && (field.control === "select" || field.control === "toggle");
  return (
    <div className={`w-field wf-field ${field.problem ? "has-problem" : ""}`}>
      <label htmlFor={id}>
        <span>{field.label}</span>
        {field.required ? <span className="wf-required" title="Required">required</span> : null}
        {canSwitch ? (
          <button
            type="button"
            className={`wf-mode ${plain ? "" : "is-on"}`}
            aria-pressed={!plain}
            title={plain ? "Use an expression, such as order.id" : "Use a plain value"}
            aria-label={`${field.label}: use an expression`}
            onClick={() => (setMode(plain ? "expression" : "plain"), setValue(""))}
          >
            <SquareFunction size={14} />
          </button>
        ) : null}
      </label>
      {picks ? (
        <select {...shared} onBlur={undefined} onChange={(event) => (setValue(event.target.value), onCommit(event.target.value, mode))}>
          {value === "" || !field.options.includes(value) ? <option value="">{field.required ? "Choose…" : "Not set"}</option> : field.required ? null : <option value="">Not set</option>}
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      ) : field.lines > 1 ? (
        <textarea {...shared} rows={Math.min(10, Math.max(field.lines, value.split("\n").length))} />
      ) : (
        <input {...shared} type="text" inputMode={plain && field.control === "number" ? "decimal" : undefined} autoComplete="off" />
      )}
      <div id={`${id}-about`}>
        {field.problem ? <span className="w-error"><Said text={field.problem} /></span> : null}
        {field.help ? <span className="w-help">{field.help}</span> : null}
      </div>
    </div>
  );
}
