// A form made from a JSON Schema: one control a field, the schema's words as help, problems beside their field.
// What is typed stays here until the run has started; the server decides whether it fits.
import { useEffect, useId, useMemo, useState } from "react";

function resolve(schema, root) {
  let found = schema ?? {};
  for (let hops = 0; found.$ref?.startsWith("#/") && hops < 8; hops += 1) {
    found = found.$ref.slice(2).split("/").reduce((at, key) => at?.[key.replace(/~1/g, "/").replace(/~0/g, "~")], root) ?? {};
  }
  const choices = found.anyOf ?? found.oneOf;
  if (choices) {
    const real = choices.map((each) => resolve(each, root)).filter((each) => each.type !== "null");
    if (real.length === 1) return { ...found, anyOf: undefined, oneOf: undefined, ...real[0], nullable: real.length < choices.length };
    if (real.length && real.every((each) => each.const !== undefined)) return { ...found, enum: real.map((each) => each.const) };
  }
  if (Array.isArray(found.type)) {
    const real = found.type.filter((each) => each !== "null");
    if (real.length === 1) return { ...found, type: real[0], nullable: real.length < found.type.length };
  }
  return found;
}

function kindOf(schema) {
  if (schema.enum) return "enum";
  if (schema.type === "object" && schema.properties && Object.keys(schema.properties).length) return "object";
  if (schema.type === "string" && schema.format === "date") return "date";
  if (schema.type === "string" && schema.format === "date-time") return "datetime";
  if (schema.type === "string" || schema.type === "number" || schema.type === "integer" || schema.type === "boolean") return schema.type;
  return "json";
}

function initial(schema, root) {
  const plain = resolve(schema, root);
  const kind = kindOf(plain);
  const given = schema.default ?? plain.default;
  if (kind === "object") {
    return Object.fromEntries(Object.entries(plain.properties).map(([name, each]) => [name, initial(given?.[name] === undefined ? each : { ...each, default: given[name] }, root)]));
  }
  if (given === undefined || given === null) return kind === "boolean" ? null : "";
  if (kind === "boolean") return given;
  if (kind === "json") return JSON.stringify(given, null, 2);
  return String(given);
}

// Typed text to a JSON value. `undefined` leaves a field out; text that is no number goes as it is, for the server to explain.
function read(schema, root, typed, path, problems, required) {
  const plain = resolve(schema, root);
  const kind = kindOf(plain);
  if (kind === "object") {
    const needed = plain.required ?? [];
    const entries = Object.entries(plain.properties).map(([name, each]) => [
      name,
      read(each, root, typed?.[name], path ? `${path}.${name}` : name, problems, needed.includes(name)),
    ]);
    const kept = entries.filter(([, value]) => value !== undefined);
    return kept.length || required || !path ? Object.fromEntries(kept) : undefined;
  }
  if (typed === null || typed === undefined || typed === "") {
    if (required && kind !== "string") problems[path] = "is required";
    if (required && kind === "string" && (plain.minLength ?? 1) > 0) problems[path] = "is required";
    return undefined;
  }
  if (kind === "number" || kind === "integer") {
    const number = Number(String(typed).trim().replace(",", "."));
    if (Number.isNaN(number)) problems[path] = "must be a number";
    else if (kind === "integer" && !Number.isInteger(number)) problems[path] = "must be a whole number";
    return Number.isNaN(number) ? typed : number;
  }
  if (kind === "enum") return plain.enum.find((each) => String(each) === typed);
  if (kind === "datetime") {
    const moment = new Date(typed);
    return Number.isNaN(moment.getTime()) ? typed : moment.toISOString();
  }
  if (kind === "json") {
    try {
      return JSON.parse(typed);
    } catch (error) {
      problems[path] = `is not JSON: ${error.message}`;
      return typed;
    }
  }
  return typed;
}

function title(name, schema) {
  if (schema.title) return schema.title;
  const words = name.replace(/[_-]+/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Control({ id, kind, plain, value, onChange, required, invalid, describedBy, testId }) {
  const shared = {
    id,
    className: "w-input",
    value: value ?? "",
    onChange: (event) => onChange(event.target.value),
    "aria-invalid": invalid ? "true" : undefined,
    "aria-describedby": describedBy,
    "aria-required": required || undefined,
    "data-testid": testId,
    autoComplete: "off",
  };
  if (kind === "enum" || kind === "boolean") {
    const options = kind === "boolean" ? [[true, "Yes"], [false, "No"]] : plain.enum.map((each) => [each, String(each)]);
    return (
      <select {...shared} value={value === null || value === undefined ? "" : String(value)} onChange={(event) => {
        const raw = event.target.value;
        onChange(raw === "" ? null : kind === "boolean" ? raw === "true" : raw);
      }}>
        <option value="">{required ? "Choose…" : "Not given"}</option>
        {options.map(([each, words]) => (
          <option key={String(each)} value={String(each)}>{words}</option>
        ))}
      </select>
    );
  }
  if (kind === "json") {
    return <textarea {...shared} className="w-input mono" rows={5} spellCheck={false} placeholder={plain.type === "array" ? "[ ]" : "{ }"} />;
  }
  if (kind === "string" && (plain.maxLength > 200 || plain.format === "textarea" || String(value ?? "").includes("\n"))) {
    return <textarea {...shared} rows={4} />;
  }
  const type = { date: "date", datetime: "datetime-local" }[kind] ?? (plain.format === "email" ? "email" : "text");
  return <input {...shared} type={type} inputMode={kind === "number" ? "decimal" : kind === "integer" ? "numeric" : undefined} />;
}

function Field({ name, path, schema, root, value, onChange, required, problems }) {
  const id = useId();
  const plain = resolve(schema, root);
  const kind = kindOf(plain);
  const help = schema.description ?? plain.description ?? "";
  const problem = problems[path];
  if (kind === "object") {
    return (
      <fieldset className="w-fieldset">
        <legend>{title(name, plain)}</legend>
        {help && <p className="w-help">{help}</p>}
        {problem && <p className="w-error" role="alert">{problem}</p>}
        <Fields schema={plain} root={root} path={path} value={value} onChange={onChange} problems={problems} />
      </fieldset>
    );
  }
  return (
    <div className="w-field">
      <label htmlFor={id}>
        {title(name, plain)}
        {!required && <span className="w-muted w-small">optional</span>}
      </label>
      {help && <span className="w-help" id={`${id}-help`}>{help}</span>}
      <Control
        id={id}
        kind={kind}
        plain={plain}
        value={value}
        onChange={onChange}
        required={required}
        invalid={Boolean(problem)}
        describedBy={[help && `${id}-help`, problem && `${id}-error`].filter(Boolean).join(" ") || undefined}
        testId={`input-${path}`}
      />
      {problem && (
        <span className="w-error" id={`${id}-error`} role="alert" data-testid={`error-${path}`}>
          {title(name, plain)} {problem}
        </span>
      )}
    </div>
  );
}

function Fields({ schema, root, path, value, onChange, problems }) {
  const needed = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).map(([name, each]) => {
    const at = path ? `${path}.${name}` : name;
    return (
      <Field
        key={at}
        name={name}
        path={at}
        schema={each}
        root={root}
        value={value?.[name]}
        onChange={(next) => onChange({ ...value, [name]: next })}
        required={needed.includes(name)}
        problems={problems}
      />
    );
  });
}

export function RunForm({ schema, problems = [], message = "", busy = false, submitLabel = "Start run", busyLabel = "Starting…", onSubmit, onCancel, formId }) {
  const root = schema ?? {};
  const identity = useMemo(() => JSON.stringify(schema ?? {}), [schema]);
  const [typed, setTyped] = useState(() => initial({ ...root, type: "object" }, root));
  const [own, setOwn] = useState({});
  useEffect(() => {
    // Another schema: keep what was typed into fields that are still there.
    setTyped((before) => {
      const fresh = initial({ ...root, type: "object" }, root);
      return typeof fresh === "object" && typeof before === "object" ? { ...fresh, ...Object.fromEntries(Object.entries(before).filter(([key, value]) => key in fresh && value !== "" && value !== null)) } : fresh;
    });
  }, [identity]);
  const shown = useMemo(() => ({ ...Object.fromEntries(problems.map((each) => [each.path, each.message])), ...own }), [problems, own]);
  const fields = Object.keys(root.properties ?? {});

  function submit(event) {
    event.preventDefault();
    const found = {};
    // A schema without fields would be read as free JSON, and nothing was typed.
    const value = fields.length ? read({ ...root, type: "object" }, root, typed, "", found, true) : {};
    setOwn(found);
    if (Object.keys(found).length === 0) onSubmit?.(value);
  }

  return (
    <form id={formId} onSubmit={submit} noValidate data-testid="run-form">
      <div className="body">
        {fields.length === 0 && <p className="w-muted">This workflow takes no input.</p>}
        <Fields schema={root} root={root} path="" value={typed} onChange={(next) => { setTyped(next); setOwn({}); }} problems={shown} />
        {(message || shown[""]) && (
          <div className="w-note danger" role="alert" data-testid="run-form-error">
            {message || shown[""]}
          </div>
        )}
      </div>
      <footer>
        {onCancel && <button type="button" className="w-button" onClick={() => onCancel()}>Cancel</button>}
        <button type="submit" className="w-button primary" disabled={busy} aria-busy={busy} data-testid="run-submit">
          {busy ? busyLabel : submitLabel}
        </button>
      </footer>
    </form>
  );
}
