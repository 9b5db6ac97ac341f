// A small menu behind a button: arrows, Home, End, letters and Escape as in any menu; it closes when the focus leaves.
import { useEffect, useId, useRef, useState } from "react";
import { createPortal } from "react-dom";

export function Menu({ label, items, onPick, children, ...rest }) {
  const id = useId();
  const button = useRef(null);
  const list = useRef(null);
  const [at, setAt] = useState(null);
  const close = (back = true) => {
    setAt(null);
    if (back) button.current?.focus();
  };
  const open = () => {
    const box = button.current.getBoundingClientRect();
    const height = 34 * items.length + 12;
    const below = box.bottom + height + 8 < window.innerHeight;
    setAt({ right: Math.max(8, window.innerWidth - box.right), top: below ? box.bottom + 4 : Math.max(8, box.top - height - 4) });
  };
  useEffect(() => {
    if (at) list.current?.querySelector("[role=menuitem]")?.focus();
  }, [at]);
  const onKeyDown = (event) => {
    const found = [...list.current.querySelectorAll("[role=menuitem]")];
    const here = found.indexOf(document.activeElement);
    const go = (index) => (event.preventDefault(), found[(index + found.length) % found.length]?.focus());
    if (event.key === "ArrowDown") go(here + 1);
    else if (event.key === "ArrowUp") go(here - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(found.length - 1);
    else if (event.key === "Escape" || event.key === "Tab") (event.preventDefault(), event.stopPropagation(), close());
    else if (event.key.length === 1) {
      const letter = event.key.toLowerCase();
      const next = [...found.slice(here + 1), ...found].find((item) => item.textContent.trim().toLowerCase().startsWith(letter));
      next?.focus();
    }
  };
  const pick = (key) => {
    close();
    onPick?.(key);
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className="w-button ghost icon small"
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        aria-controls={at ? id : undefined}
        onClick={() => (at ? close() : open())}
        {...rest}
      >
        {children}
      </button>
      {at
        ? createPortal(
            <>
              <div className="w-popmenu-shade" onPointerDown={() => close(false)} onContextMenu={(event) => (event.preventDefault(), close(false))} />
              <div ref={list} id={id} role="menu" aria-label={label} className="w-popmenu" style={at} onKeyDown={onKeyDown}>
                {items.map((item) => (
                  <button key={item.key} type="button" role="menuitem" tabIndex={-1} className={`w-popmenu-item ${item.tone ?? ""}`} data-testid={`menu-${item.key}`} onClick={() => pick(item.key)}>
                    {item.label}
                  </button>
                ))}
              </div>
            </>,
            document.body,
          )
        : null}
    </>
  );
}
