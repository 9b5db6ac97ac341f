// What was tried before an answer was right, folded away.
export function Trail({ rounds, open = false }) {
  if (!rounds?.length) return null;
  return (
    <details className="wc-trail" open={open} data-testid="rounds">
      <summary>{rounds.length === 1 ? "One attempt had errors" : `${rounds.length} attempts had errors`}</summary>
      <ol>
        {rounds.map(({ number, problems }) => (
          <li key={number}>
            Attempt {number}: {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
            <ul>{problems.map((problem, index) => <li key={index}>{problem}</li>)}</ul>
          </li>
        ))}
      </ol>
    </details>
  );
}
