// The name of a step, changed in its place.
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";

export function RenameBox({ node, at, onDone }) {
  const id = node?.step?.replaceAll("~", ".").split(".").at(-1) ?? "";
  const [value, setValue] = useState(id);
  const input = useRef(null);
  const over = useRef(false);
  useEffect(() => input.current?.select(), []);
  const end = (name) => {
    if (over.current) return;
    over.current = true;
    onDone(name && name !== id ? name : null);
  };
  const onKeyDown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter") end(value.trim());
    if (event.key === "Escape") end(null);
  };
  return createPortal(
    <label className="wf-rename" style={{ left: at.x, top: at.y, minWidth: Math.max(180, at.width), height: Math.max(34, at.height) }}>
      <span className="w-visually-hidden">Name of the step</span>
      <input ref={input} autoFocus className="w-input mono" value={value} maxLength={200} spellCheck={false} autoComplete="off" data-testid="rename-input" onChange={(event) => setValue(event.target.value)} onKeyDown={onKeyDown} onBlur={() => end(value.trim())} />
    </label>,
    document.body,
  );
}
