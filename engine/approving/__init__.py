"""The parts of approvals. ``engine.approvals`` is their front door."""
