"""The sample business as real MCP servers: a shop, a mailbox with an outbox, and guarded HTTP requests.

`python -m connectors.samples` serves all three over streamable HTTP; each module also runs alone over stdio.
Their data lives in SQLite files of their own and has nothing to do with the studio's database.
"""
