// A message as people read it: what stands between backticks is code, and a sentence begins with a capital.
export function Said({ text }) {
  const parts = (text ?? "").split("`");
  return (
    <>
      {parts.map((part, index) => (index % 2 ? <code className="wf-code" key={index}>{part}</code> : <span key={index}>{index === 0 ? part.charAt(0).toUpperCase() + part.slice(1) : part}</span>))}
    </>
  );
}
