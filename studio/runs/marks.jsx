// The round mark of a step's state.
const MARKS = {
  succeeded: ["success", "M4 8.5l2.6 2.6L12 5.6"],
  failed: ["danger", "M5 5l6 6M11 5l-6 6"],
  running: ["accent", null],
  retrying: ["warning", "M11.5 6A4 4 0 1 0 12 9M12 4v2.6H9.4"],
  waiting: ["warning", "M8 5v3.2l2 1.3"],
  caught: ["warning", "M4 8.5l2.6 2.6L12 5.6"],
  review: ["warning", "M6.3 6.2a1.8 1.8 0 1 1 2.6 1.6c-.6.3-.9.7-.9 1.3M8 11.4v.1"],
  cancelled: ["", "M5 5l6 6"],
};

export function Mark({ state }) {
  const [tone, path] = MARKS[state] ?? ["", "M5 8h6"];
  return (
    <svg className={`w-mark ${tone} ${state === "running" ? "w-spin" : ""}`} width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.6" />
      {path ? <path d={path} /> : <path className="arc" d="M8 1.4a6.6 6.6 0 0 1 6.6 6.6" />}
    </svg>
  );
}
