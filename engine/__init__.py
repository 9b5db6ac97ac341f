"""The engine: accounts, workflows, versions, runs and approvals in Postgres, and what executes them."""
