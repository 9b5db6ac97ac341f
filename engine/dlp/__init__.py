"""What must not leave: finding it in a text, and what the account wants done about it.

``redact(text, policy)`` puts marks such as ``[card 1]`` in the place of what was found; the same value has the same
mark. ``engine.ownmodels.ScreenedModel`` is a model behind such a policy. Patterns are RE2's alone, which reads a text
once whatever the pattern is; an error, a time-out or a text that is too long refuses.
"""

from engine.dlp.kinds import KINDS, Kind
from engine.dlp.policy import CustomPattern, DlpPolicy, read_policy, said_of
from engine.dlp.redacting import DlpFailed, Found, Redacted, Redactor, redact
from engine.dlp.restoring import Restorer

__all__ = [
    "KINDS",
    "CustomPattern",
    "DlpFailed",
    "DlpPolicy",
    "Found",
    "Kind",
    "Redacted",
    "Redactor",
    "Restorer",
    "read_policy",
    "redact",
    "said_of",
]
