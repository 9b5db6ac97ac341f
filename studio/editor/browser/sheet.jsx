// All shortcuts of the canvas on one sheet.
import { useEffect, useRef } from "react";
import { X } from "lucide-react";
import { ACTIONS, MOVES, spelled } from "./actions.js";

export function Sheet({ readOnly, onClose }) {
  const dialog = useRef(null);
  useEffect(() => dialog.current?.showModal(), []);
  const shown = ACTIONS.filter((action) => !(action.edits && readOnly));
  const groups = [
    ["Steps", shown.filter((action) => action.group === "Steps").map((action) => [action.title, action.keys])],
    ["Moving about", MOVES],
    ["Canvas", shown.filter((action) => action.group === "Canvas" && action.keys.length && action.id !== "all").map((action) => [action.title, action.keys.slice(0, 2)])],
  ];
  return (
    <dialog ref={dialog} className="w-dialog w-modal wide" aria-label="Keyboard shortcuts" data-testid="shortcuts" onCancel={(event) => (event.preventDefault(), onClose())} onMouseDown={(event) => event.target === dialog.current && onClose()}>
      <div className="w-modal-inner">
        <header>
          <h2>Keyboard shortcuts</h2>
          <span className="w-spacer" />
          <button type="button" className="w-button ghost icon small" aria-label="Close" onClick={onClose}><X size={15} /></button>
        </header>
        <div className="body wf-sheet">
          {groups.map(([title, rows]) => (
            <section key={title}>
              <h3>{title}</h3>
              <dl>
                {rows.map(([words, keys]) => (
                  <div key={words}>
                    <dt>{words}</dt>
                    <dd>{keys.map((one) => <kbd className="w-kbd" key={one}>{spelled(one)}</kbd>)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
        </div>
      </div>
    </dialog>
  );
}
