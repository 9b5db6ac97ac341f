"""The editor: one document that the canvas, the text pane, the inspector and the chat all write to.

``page`` has the page (``editor_page``, ``ROUTE``, ``ON_LOAD``), ``state.EditorState`` what the chat talks to, and
``browser.run_canvas`` a run on its graph. They are imported from where they are: the runs' pages use the canvas, and
the editor uses the runs' form.
"""
