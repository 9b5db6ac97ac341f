"""The engine: accounts, workflows, versions, runs and approvals in Postgres, and what executes them.

The front doors are its modules; each service function takes the open ``Database`` and the ``Actor`` first, checks the
actor's permission, and is one transaction.

    database      Database, prepare          people, tokens, oidc    who signs in, and how
    workflows     drafts, versions           runs                    start, list, follow, cancel
    approvals     what waits for a person    conversations           with the designer
    catalog       connectors, what a text may use                    audit    who did what
    api           the same over HTTP         runner, serving         what executes runs
    errors        the one tree of errors     permissions             the one table of who may do what
"""
