"""The editor: one document that the canvas, the text pane, the inspector and the chat all write to."""
