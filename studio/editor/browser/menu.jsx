// A menu at a place of the screen, for the mouse, the keyboard and the finger.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { spelled } from "./actions.js";

// `items` are {id, title, keys, icon, about, danger, run} or null for a line between. `onClose(done)` gives back the focus.
export function Menu({ at, label, items, onClose }) {
  const list = useRef(null);
  const [place, setPlace] = useState(at);
  useLayoutEffect(() => {
    const box = list.current.getBoundingClientRect();
    const x = Math.max(8, Math.min(at.x, window.innerWidth - box.width - 8));
    const y = at.y + box.height + 8 > window.innerHeight ? Math.max(8, at.above ? at.above - box.height : window.innerHeight - box.height - 8) : at.y;
    setPlace({ x, y });
    list.current.querySelector("[role=menuitem]")?.focus({ preventScroll: true });
  }, [at, items]);
  useEffect(() => {
    const away = (event) => !list.current?.contains(event.target) && onClose(false);
    const gone = () => onClose(false);
    window.addEventListener("pointerdown", away, true);
    window.addEventListener("blur", gone);
    window.addEventListener("wheel", away, true);
    return () => {
      window.removeEventListener("pointerdown", away, true);
      window.removeEventListener("blur", gone);
      window.removeEventListener("wheel", away, true);
    };
  }, [onClose]);
  const onKeyDown = (event) => {
    event.stopPropagation();
    const all = [...list.current.querySelectorAll("[role=menuitem]")];
    const here = all.indexOf(document.activeElement);
    const go = (index) => (event.preventDefault(), all[(index + all.length) % all.length]?.focus());
    if (event.key === "Escape" || event.key === "Tab") (event.preventDefault(), onClose(true));
    else if (event.key === "ArrowDown") go(here + 1);
    else if (event.key === "ArrowUp") go(here - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(all.length - 1);
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const begins = (element) => element.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase());
      const found = [...all.slice(here + 1), ...all.slice(0, here + 1)].find(begins);
      if (found) (event.preventDefault(), found.focus());
    }
  };
  return createPortal(
    <div ref={list} className="w-menu wf-menu" role="menu" aria-label={label} style={{ left: place.x, top: place.y }} data-testid="canvas-menu" onKeyDown={onKeyDown} onContextMenu={(event) => event.preventDefault()}>
      {items.map((item, index) =>
        item ? (
          <button key={item.id} type="button" role="menuitem" tabIndex={-1} className={`w-menu-item ${item.danger ? "danger" : ""}`} data-testid={`menu-${item.id}`} onMouseEnter={(event) => event.currentTarget.focus({ preventScroll: true })} onClick={() => (onClose(true), item.run())}>
            {item.icon ? <item.icon aria-hidden="true" /> : <span className="wf-menu-gap" />}
            <span className="wf-menu-words">
              {item.title}
              {item.about ? <small>{item.about}</small> : null}
            </span>
            {item.keys?.length ? <kbd>{spelled(item.keys[0])}</kbd> : null}
          </button>
        ) : (
          <hr key={`line-${index}`} />
        ),
      )}
    </div>,
    document.body,
  );
}
