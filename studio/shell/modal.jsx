// The browser's own modal dialog: it keeps the focus inside, answers Escape, and gives the focus back when it closes.
import { useEffect, useRef } from "react";

export function Modal({ open, label, onClose, children, wide, ...rest }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    if (open && !element.open) {
      element.showModal();
      element.querySelector("[autofocus], [data-autofocus]")?.focus();
    }
    if (!open && element.open) element.close();
  }, [open]);
  if (!open) return null;
  return (
    <dialog
      ref={dialog}
      aria-label={label}
      className={`w-dialog w-modal${wide ? " wide" : ""}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onMouseDown={(event) => event.target === dialog.current && onClose?.()}
      {...rest}
    >
      <div className="w-modal-inner">{children}</div>
    </dialog>
  );
}
