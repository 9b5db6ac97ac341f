// Keys as people know them on their keyboard: "Ctrl+Shift+G" there, signs on a Mac.
const isApple = typeof navigator !== "undefined" && /Mac|iP/.test(navigator.platform ?? "");
const SIGNS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Delete: "Del", Escape: "Esc", ContextMenu: "Menu" };
const APPLE = { Ctrl: "⌘", Shift: "⇧", Alt: "⌥" };

// The "+" itself may be a key: it stands at the end then.
export const parts = (keys) => keys.split(/(?<=.)\+(?=.)/);

export const spelled = (keys) => parts(keys).map((key) => (isApple && APPLE[key]) || SIGNS[key] || key).join(isApple ? "" : "+");
