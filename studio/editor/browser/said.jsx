// A message as people read it: what stands between backticks is code, and a sentence begins with a capital.
// Names such as mail.send stay as they are.
export const begun = (text) => (/^[a-z]+[ ,']/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text);

export function Said({ text }) {
  const parts = (text ?? "").split("`");
  return (
    <>
      {parts.map((part, index) => (index % 2 ? <code className="wf-code" key={index}>{part}</code> : <span key={index}>{index === 0 ? begun(part) : part}</span>))}
    </>
  );
}
