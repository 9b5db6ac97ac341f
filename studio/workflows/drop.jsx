// A file or a text from elsewhere, read in the browser: nothing is uploaded before it is looked at.
import { useEffect, useId, useRef, useState } from "react";

const LARGEST = 900_000; // what one message to the studio can carry
const PAUSE = 350; // ms without a key before what was typed is looked at

export function Drop({ value, onText }) {
  const id = useId();
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const [problem, setProblem] = useState("");
  const [text, setText] = useState(value);
  const timer = useRef(0);
  useEffect(() => setText(value), [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const type = (words) => {
    setText(words);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onText?.({ name: "", text: words }), PAUSE);
  };
  const take = async (file) => {
    if (!file) return;
    if (file.size > LARGEST) return void setProblem(`${file.name} is larger than ${LARGEST / 1000} kB. Copy the part that is needed into the field below.`);
    setProblem("");
    onText?.({ name: file.name, text: await file.text() });
  };
  return (
    <div className="w-stack">
      <div
        className={`w-drop ${over ? "is-over" : ""}`}
        onDragOver={(event) => (event.preventDefault(), setOver(true))}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => (event.preventDefault(), setOver(false), take(event.dataTransfer.files[0]))}
      >
        <span>Drop a .weft file, or a .json file exported from n8n</span>
        <button type="button" className="w-button small" onClick={() => input.current.click()}>
          Choose a file
        </button>
        <input ref={input} type="file" accept=".weft,.json,.txt" hidden data-testid="import-file" onChange={(event) => (take(event.target.files[0]), (event.target.value = ""))} />
      </div>
      {problem ? <div className="w-error" role="alert">{problem}</div> : null}
      <div className="w-field">
        <label htmlFor={id}>Or paste it here</label>
        <textarea
          id={id}
          className="w-input mono"
          rows={6}
          spellCheck={false}
          value={text}
          maxLength={LARGEST}
          placeholder={"workflow refunds {\n  …\n}"}
          data-testid="import-text"
          onChange={(event) => type(event.target.value)}
        />
      </div>
    </div>
  );
}
