// The conversation: messages with their cards, the answer as it comes, and what can be done with each of them.
import { useEffect, useRef, useState } from "react";
import { Bookmark, ChevronLeft, ChevronRight, CircleAlert, GitBranch, Pencil, RotateCw } from "lucide-react";
import { Card } from "./card.jsx";
import { Trail } from "./trail.jsx";

export function ChatThread({ messages, branches, conversation, stream, progress, rounds, busy, asking, remember, failure, failureHelp, offerBuiltin, canEdit, looking, onSay, onEditLast, onAgain, onBuiltin }) {
  const list = messages ?? [];
  const lastMine = list.findLast((one) => one.mine);
  const last = list.at(-1);
  return (
    <>
      {list.map((message) => (
        <Message
          key={message.id}
          message={message}
          fork={(branches ?? []).find(({ seq }) => seq + 1 === message.seq)}
          isLast={message === last}
          canRetry={message === last && !message.mine && Boolean(lastMine)}
          isLastMine={message === lastMine}
          busy={busy}
          asking={asking?.message === message.id ? asking : null}
          canEdit={canEdit}
          looking={looking === message.id}
          onSay={onSay}
          onEditLast={onEditLast}
          onRetry={() => onEditLast(lastMine.content)}
        />
      ))}
      {busy ? <Working stream={stream} progress={progress} rounds={rounds} onGap={() => onSay({ type: "gap" })} /> : null}
      {failure ? <Failure message={failure} help={failureHelp} offerBuiltin={offerBuiltin} onAgain={onAgain} onBuiltin={onBuiltin} /> : null}
      {remember && !busy ? <RememberThis key={remember} text={remember} onSay={onSay} /> : null}
    </>
  );
}

function Message({ message, fork, isLast, canRetry, isLastMine, busy, asking, canEdit, looking, onSay, onEditLast, onRetry }) {
  const [editing, setEditing] = useState(false);
  const saved = !message.id.startsWith("new-");
  const again = (text) => {
    setEditing(false);
    if (text.trim() && text.trim() !== message.content) onEditLast(text);
  };
  return (
    <article className={`wc-message ${message.mine ? "mine" : ""}`} data-testid="chat-message" data-role={message.mine ? "user" : "assistant"} aria-label={message.mine ? "You" : "Designer"}>
      {editing ? <Edit text={message.content} onDone={again} onCancel={() => setEditing(false)} /> : message.content ? <div className={`wc-bubble ${message.mine ? "mine" : ""}`}>{message.content}</div> : null}
      {message.proposed ? <Card message={message} asking={asking} canEdit={canEdit} busy={busy} looking={looking} onSay={onSay} /> : null}
      {saved && !editing ? (
        <div className="wc-tools">
          {fork ? <Fork fork={fork} disabled={busy} onSay={onSay} /> : null}
          {isLastMine ? <Tool words="Edit" about="Say it in other words. The answer it had stays in a branch." icon={Pencil} disabled={busy} test="message-edit" onClick={() => setEditing(true)} /> : null}
          {canRetry ? <Tool words="Try again" about="Another answer. This one stays in a branch." icon={RotateCw} disabled={busy} test="message-retry" onClick={onRetry} /> : null}
          {!message.mine && !isLast ? <Tool words="Go on from here" about="A branch of the conversation that goes on behind this message" icon={GitBranch} disabled={busy} test="message-branch" onClick={() => onSay({ type: "go_on", message: message.id })} /> : null}
        </div>
      ) : null}
    </article>
  );
}

function Tool({ words, about, icon: Icon, disabled, test, onClick }) {
  return (
    <button type="button" className="wc-tool" title={about} disabled={disabled} data-testid={test} onClick={onClick}>
      <Icon size={12} aria-hidden="true" /> {words}
    </button>
  );
}

// Where conversations go apart: which of them this is, and the way to the others.
function Fork({ fork, disabled, onSay }) {
  const to = (at) => onSay({ type: "switch", conversation: fork.ids[at] });
  return (
    <span className="wc-fork" role="group" aria-label="Branches from here" data-testid="fork">
      <button type="button" className="wc-tool" disabled={disabled || fork.at === 0} aria-label="The branch before" data-testid="fork-back" onClick={() => to(fork.at - 1)}><ChevronLeft size={13} /></button>
      <span aria-label={`Branch ${fork.at + 1} of ${fork.ids.length}`} role="img">{fork.at + 1}/{fork.ids.length}</span>
      <button type="button" className="wc-tool" disabled={disabled || fork.at === fork.ids.length - 1} aria-label="The next branch" data-testid="fork-next" onClick={() => to(fork.at + 1)}><ChevronRight size={13} /></button>
    </span>
  );
}

function Edit({ text: given, onDone, onCancel }) {
  const [text, setText] = useState(given);
  const box = useRef(null);
  useEffect(() => {
    box.current?.focus();
    box.current?.setSelectionRange(given.length, given.length);
  }, [given]);
  return (
    <form className="wc-edit" onSubmit={(event) => (event.preventDefault(), onDone(text))}>
      <textarea
        ref={box}
        className="w-input wc-text"
        aria-label="The message in other words"
        data-testid="message-edit-text"
        rows={3}
        maxLength={20000}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onCancel();
          if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
            event.preventDefault();
            onDone(text);
          }
        }}
      />
      <div className="wc-decision">
        <button type="submit" className="w-button primary small" disabled={!text.trim() || text.trim() === given} data-testid="message-edit-send">Ask again</button>
        <button type="button" className="w-button small" onClick={onCancel}>Cancel</button>
      </div>
    </form>
  );
}

// The answer as it comes: pieces are put behind each other by their numbers. One that is missing is asked for.
function useStream(stream, onGap) {
  const held = useRef({ id: null, n: 0, text: "" });
  const asked = useRef("");
  const now = held.current;
  let gap = false;
  if (stream?.id !== undefined) {
    if (stream.id !== now.id) Object.assign(now, { id: stream.id, n: 0, text: "" });
    if (stream.whole && stream.whole[0] >= now.n) [now.n, now.text] = stream.whole;
    for (const [n, text] of stream.pieces) {
      if (n <= now.n) continue;
      if (n > now.n + 1) {
        gap = true;
        break;
      }
      now.n = n;
      now.text += text;
    }
  }
  useEffect(() => {
    const place = `${now.id}:${now.n}`;
    if (!gap || asked.current === place) return;
    asked.current = place;
    onGap();
  });
  return stream?.id === undefined ? "" : now.text;
}

function Working({ stream, progress, rounds, onGap }) {
  const text = useStream(stream, onGap);
  return (
    <div className="wc-message" data-testid="chat-working">
      {text ? <div className="wc-bubble" data-testid="chat-stream">{text}</div> : null}
      <Trail rounds={rounds} />
      <div className="w-small w-muted wc-progress" data-testid="chat-progress">
        <span className="wc-dots" aria-hidden="true" />
        {progress || "Designing and checking…"}
      </div>
    </div>
  );
}

function Failure({ message, help, offerBuiltin, onAgain, onBuiltin }) {
  return (
    <div className="w-note danger" role="alert" data-testid="chat-failure">
      <CircleAlert size={16} aria-hidden="true" />
      <div>
        <div className="w-strong">{message}</div>
        <div className="w-small">{help}</div>
        <div className="w-row wc-retry">
          <button type="button" className="w-button small" data-testid="chat-again" onClick={() => onAgain()}>Try again</button>
          {offerBuiltin ? <button type="button" className="w-button small" data-testid="chat-builtin" onClick={() => onBuiltin()}>Use the built-in designer</button> : null}
        </div>
      </div>
    </div>
  );
}

function RememberThis({ text: given, onSay }) {
  const [text, setText] = useState(given);
  const say = (kept) => onSay({ type: "remember", text: kept });
  return (
    <form className="w-note wc-remember" data-testid="remember" onSubmit={(event) => (event.preventDefault(), say(text))}>
      <Bookmark size={15} aria-hidden="true" />
      <div>
        <label className="w-small" htmlFor="wc-remember-text">Remember this for all workflows?</label>
        <input id="wc-remember-text" className="w-input" data-testid="remember-text" maxLength={300} value={text} onChange={(event) => setText(event.target.value)} />
        <div className="wc-decision">
          <button type="submit" className="w-button small" disabled={!text.trim()} data-testid="remember-yes">Remember</button>
          <button type="button" className="w-button ghost small" data-testid="remember-no" onClick={() => say("")}>No</button>
          <a className="w-small" href="/models" data-testid="remember-all">What is remembered</a>
        </div>
      </div>
    </form>
  );
}
