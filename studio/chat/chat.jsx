// The box one types into, and a list that stays at its end. What is typed lives in the browser until the server has it:
// it is kept per workflow in the session's storage, so neither an error nor a reload loses it.
import { useEffect, useLayoutEffect, useRef, useState } from "react";

const key = (id) => `weft-chat-${id}`;

export function ChatBox({ workflow, ready, busy, empty, restore, placeholder, onSend, onStop }) {
  const [text, setText] = useState("");
  const box = useRef(null);
  const asked = useRef(false);

  useEffect(() => {
    if (workflow) setText((now) => now || sessionStorage.getItem(key(workflow)) || "");
  }, [workflow]);

  useEffect(() => {
    if (!workflow) return;
    if (text) sessionStorage.setItem(key(workflow), text);
    else sessionStorage.removeItem(key(workflow));
  }, [text, workflow]);

  useEffect(() => {
    if (restore?.seq) setText((now) => now || restore.text);
  }, [restore?.seq]);

  // "?ask=..." from the list of workflows: asked once, then taken out of the address.
  useEffect(() => {
    if (!ready || asked.current) return;
    const url = new URL(location.href);
    const ask = url.searchParams.get("ask");
    if (!ask) return;
    asked.current = true;
    url.searchParams.delete("ask");
    history.replaceState(history.state, "", url);
    if (empty) onSend(ask);
  }, [ready, empty]);

  // A suggestion that was clicked lands in the box.
  useEffect(() => {
    const take = (event) => {
      setText(event.detail);
      box.current?.focus();
    };
    window.addEventListener("weft-chat-suggest", take);
    return () => window.removeEventListener("weft-chat-suggest", take);
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(element.scrollHeight + 2, 220)}px`;
  }, [text]);

  const send = () => {
    if (!text.trim() || busy || !ready) return;
    onSend(text);
    setText("");
  };

  return (
    <form
      className="wc-box"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        className="w-input wc-text"
        data-testid="chat-input"
        aria-label="Message to the designer"
        rows={2}
        maxLength={20000}
        value={text}
        placeholder={placeholder}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            send();
          }
          if (event.key === "Escape" && busy) onStop();
        }}
      />
      <div className="wc-keys">
        <span className="w-small w-muted" title="Shift and Enter begin a new line">
          <kbd className="w-kbd">Enter</kbd> sends
        </span>
        {busy ? (
          <button type="button" className="w-button small" data-testid="chat-stop" onClick={() => onStop()}>
            Stop
          </button>
        ) : (
          <button
            type="submit"
            className="w-button primary small"
            data-testid="chat-send"
            disabled={!text.trim() || !ready}
          >
            Send
          </button>
        )}
      </div>
    </form>
  );
}

// Follows its content unless the reader has scrolled away: to the end, or to the top of a proposal that has no room, so
// that what it says first (how safe it is) is read first.
export function ChatScroll({ children, ...rest }) {
  const list = useRef(null);
  const follows = useRef(true);
  const put = useRef(-1); // where it was scrolled to here, and not by the reader
  useEffect(() => {
    const element = list.current;
    const down = () => {
      if (!follows.current) return;
      const end = element.scrollHeight - element.clientHeight;
      const said = element.querySelectorAll("article");
      const card = said[said.length - 1]?.querySelector(".wc-card:not(.settled)");
      const top = card ? card.getBoundingClientRect().top - element.getBoundingClientRect().top + element.scrollTop - 10 : end;
      element.scrollTop = Math.max(0, Math.min(end, top));
      put.current = element.scrollTop;
    };
    down();
    const watch = new MutationObserver(down);
    watch.observe(element, { childList: true, subtree: true, characterData: true });
    return () => watch.disconnect();
  }, []);
  return (
    <div
      ref={list}
      className="wc-list"
      role="log"
      aria-live="polite"
      aria-label="Conversation with the designer"
      tabIndex={0}
      onScroll={() => {
        const element = list.current;
        const left = element.scrollHeight - element.scrollTop - element.clientHeight;
        follows.current = left < 60 || Math.abs(element.scrollTop - put.current) < 2;
      }}
      {...rest}
    >
      {children}
    </div>
  );
}

export function ChatChip({ text }) {
  return (
    <button
      type="button"
      className="wc-chip"
      data-testid="chat-suggestion"
      onClick={() => window.dispatchEvent(new CustomEvent("weft-chat-suggest", { detail: text }))}
    >
      {text}
    </button>
  );
}
