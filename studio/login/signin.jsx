// The sign-in form talks to POST /api/session directly: the session cookie has to be set by a plain HTTP answer, and nothing
// a person types here should travel through page state.
import { useEffect, useRef, useState } from "react";

// Only a path of this site: "//elsewhere" and "https:" would lead away.
export function target(search) {
  const next = new URLSearchParams(search).get("next") ?? "/";
  return /^\/(?![\/\\])/.test(next) && !next.startsWith("/login") ? next : "/";
}

const UNSAID = "Signing in did not work. Try again in a moment.";

export function SignIn() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState("");
  const [help, setHelp] = useState("");
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(false);
  const passwordBox = useRef(null);
  const emailBox = useRef(null);

  useEffect(() => {
    emailBox.current?.focus();
  }, []);

  async function submit(event) {
    event.preventDefault();
    setError("");
    setHelp("");
    if (!email.trim() || !password) {
      setError(email.trim() ? "Enter your password." : "Enter your e-mail address.");
      (email.trim() ? passwordBox : emailBox).current?.focus();
      return;
    }
    setBusy(true);
    try {
      const answer = await fetch("/api/session", {
        method: "POST",
        headers: { "content-type": "application/json" },
        credentials: "same-origin",
        body: JSON.stringify({ email: email.trim(), password }),
      });
      if (answer.ok) {
        location.assign(target(location.search));
        return;
      }
      const problem = await answer.json().catch(() => ({}));
      setError(problem.detail ?? UNSAID);
      setHelp(answer.status === 401 ? "Try again. Forgot the password? ./weft doctor --reset-login makes a new one." : (problem.help ?? ""));
      setPassword("");
      passwordBox.current?.focus();
    } catch {
      setError("The studio does not answer. Check that it is running, then try again.");
    }
    setBusy(false);
  }

  return (
    <form className="w-signin-form" onSubmit={submit} noValidate aria-describedby="signin-error">
      <div className="w-field">
        <label htmlFor="signin-email">E-mail</label>
        <input
          id="signin-email"
          ref={emailBox}
          className="w-input"
          type="email"
          name="email"
          autoComplete="username"
          value={email}
          aria-invalid={error && !email.trim() ? "true" : undefined}
          onChange={(event) => setEmail(event.target.value)}
          data-testid="login-email"
        />
      </div>
      <div className="w-field">
        <label htmlFor="signin-password">Password</label>
        <div className="w-password">
          <input
            id="signin-password"
            ref={passwordBox}
            className="w-input"
            type={shown ? "text" : "password"}
            name="password"
            autoComplete="current-password"
            value={password}
            onChange={(event) => setPassword(event.target.value)}
            data-testid="login-password"
          />
          <button type="button" className="w-button ghost small" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? "Hide" : "Show"}
            <span className="w-visually-hidden"> password</span>
          </button>
        </div>
      </div>
      <div id="signin-error" role="alert" data-testid="login-error" className={error ? "w-note danger" : "w-visually-hidden"}>
        {error && (
          <div>
            <div>{error}</div>
            {help && <div className="w-small w-muted">{help}</div>}
          </div>
        )}
      </div>
      <button className="w-button primary wide" type="submit" disabled={busy} aria-busy={busy} data-testid="login-submit">
        {busy ? "Signing in…" : "Sign in"}
      </button>
    </form>
  );
}
