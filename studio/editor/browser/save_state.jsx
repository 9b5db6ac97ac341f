// Whether what is seen is in the draft. The studio knows what it saved; what was typed here it may not know yet.
import { CloudCheck, CloudOff, CloudUpload, Eye, GitMerge } from "lucide-react";
import { useUnsent } from "./unsent.js";

const FACES = {
  saved: ["Saved", "", CloudCheck],
  unsaved: ["Saving…", "", CloudUpload],
  saving: ["Saving…", "", CloudUpload],
  conflict: ["Conflict", "danger", GitMerge],
  failed: ["Not saved", "danger", CloudOff],
  readonly: ["Read only", "", Eye],
};

export function SaveState({ told, message }) {
  const unsent = useUnsent();
  const state = unsent && told === "saved" ? "unsaved" : told;
  const [words, tone, Icon] = FACES[state] ?? FACES.saved;
  return (
    <span className={`wf-save ${tone}`} title={message} role="status" data-testid="save-state" data-state={state}>
      <Icon size={15} strokeWidth={1.75} aria-hidden /> {words}
    </span>
  );
}
