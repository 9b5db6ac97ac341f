"""The language server: what the language knows of a text, for any editor that speaks the protocol."""
