// The browser's own modal dialog: it keeps the focus inside, answers Escape; the focus goes back where it was.
import { useEffect, useRef } from "react";

export function Modal({ open, label, onClose, children, wide, ...rest }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    if (!open || !element) return undefined;
    const opener = document.activeElement;
    if (!element.open) element.showModal();
    element.querySelector("[autofocus], [data-autofocus]")?.focus();
    // The browser gives the focus back when a dialog is closed, and this one is taken out of the page instead. Who has
    // put the focus somewhere else meanwhile keeps it there.
    return () => {
      if (document.activeElement === document.body || !document.activeElement) opener?.focus?.();
    };
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
