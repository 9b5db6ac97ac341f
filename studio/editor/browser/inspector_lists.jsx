// Lists of plain values: chips that are typed, and options that are picked.
import { useId, useState } from "react";
import { Plus, X } from "lucide-react";
import { useForm } from "./inspector_live.js";

const FEW = 9;

export function Chips({ field, shared, values, onChange, label }) {
  const { readOnly } = useForm();
  const [draft, setDraft] = useState("");
  const list = useId();
  const add = (text) => {
    const more = text.split(/\s*[,\n]\s*/).filter((one) => one && !values.includes(one));
    setDraft("");
    if (more.length) onChange([...values, ...more]);
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || (event.key === "," && field.options)) {
      event.preventDefault();
      add(draft);
    } else if (event.key === "Escape") setDraft("");
    else if (event.key === "Backspace" && draft === "" && values.length) onChange(values.slice(0, -1));
  };
  return (
    <div className="w-input wf-tags" data-testid={`chips-${shared["data-testid"]}`}>
      {values.map((value) => (
        <span className="wf-tag" key={value}>
          {value}
          {readOnly ? null : (
            <button type="button" aria-label={`Remove ${value}`} onClick={() => onChange(values.filter((one) => one !== value))}><X size={11} /></button>
          )}
        </span>
      ))}
      <input
        {...shared}
        type="text"
        value={draft}
        list={field.options?.length ? list : undefined}
        placeholder={values.length ? "" : field.placeholder || "Type and press Enter"}
        aria-label={label}
        autoComplete="off"
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => add(draft)}
        onKeyDown={onKeyDown}
      />
      {field.options?.length ? <datalist id={list}>{field.options.filter((one) => !values.includes(one)).map((one) => <option key={one} value={one} />)}</datalist> : null}
    </div>
  );
}

// Few options are buttons; of many, the chosen ones are chips and the rest is searched.
export function Picks({ field, shared, values, onChange, label }) {
  const { readOnly } = useForm();
  const options = field.options ?? [];
  const labelOf = (option) => field.labels?.[options.indexOf(option)] ?? option;
  const flip = (option) => onChange(options.filter((one) => (one === option ? !values.includes(one) : values.includes(one))));
  if (options.length <= FEW)
    return (
      <div className={`wf-picks ${field.sort ?? ""}`} role="group" aria-label={label} aria-describedby={shared["aria-describedby"]} data-testid={shared["data-testid"]}>
        {options.length ? null : <span className="w-help">There is nothing to choose from.</span>}
        {options.map((option) => (
          <button key={option} id={option === options[0] ? shared.id : undefined} type="button" className="wf-pick" aria-pressed={values.includes(option)} disabled={readOnly} onClick={() => flip(option)}>
            {labelOf(option)}
          </button>
        ))}
      </div>
    );
  return <Search field={field} shared={shared} values={values} flip={flip} labelOf={labelOf} label={label} />;
}

function Search({ field, shared, values, flip, labelOf, label }) {
  const { readOnly } = useForm();
  const [words, setWords] = useState("");
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const list = useId();
  const found = field.options.filter((one) => !values.includes(one) && labelOf(one).toLowerCase().includes(words.toLowerCase())).slice(0, 30);
  const pick = (option) => (flip(option), setWords(""), setAt(0));
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setOpen(true);
      setAt((now) => (now + (event.key === "ArrowDown" ? 1 : found.length - 1)) % Math.max(1, found.length));
    } else if (event.key === "Enter" && found[at]) (event.preventDefault(), pick(found[at]));
    else if (event.key === "Escape") (setWords(""), setOpen(false));
    else if (event.key === "Backspace" && words === "" && values.length) flip(values.at(-1));
  };
  return (
    <div className="wf-picking">
      <div className="w-input wf-tags" data-testid={`chips-${shared["data-testid"]}`}>
        {values.map((value) => (
          <span className="wf-tag" key={value}>
            {labelOf(value)}
            {readOnly ? null : <button type="button" aria-label={`Remove ${labelOf(value)}`} onClick={() => flip(value)}><X size={11} /></button>}
          </span>
        ))}
        <input
          {...shared}
          type="text"
          role="combobox"
          aria-expanded={open}
          aria-controls={list}
          aria-label={label}
          aria-activedescendant={open && found[at] ? `${list}-${at}` : undefined}
          value={words}
          placeholder={values.length ? "" : "Search…"}
          autoComplete="off"
          onChange={(event) => (setWords(event.target.value), setOpen(true), setAt(0))}
          onFocus={() => setOpen(true)}
          onBlur={() => setOpen(false)}
          onKeyDown={onKeyDown}
        />
      </div>
      <ul className="w-menu wf-found" id={list} role="listbox" aria-label={label} hidden={!open}>
        {found.map((option, index) => (
          <li key={option} id={`${list}-${index}`} role="option" aria-selected={index === at} className="w-menu-item" onMouseDown={(event) => (event.preventDefault(), pick(option))}>
            <Plus size={13} aria-hidden="true" /> {labelOf(option)}
          </li>
        ))}
        {found.length ? null : <li className="w-help">Nothing of that name.</li>}
      </ul>
    </div>
  );
}
