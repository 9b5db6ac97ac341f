"""Webhooks: who signed a request (``verifying``), what is said of it (``verdict``), and what becomes of it."""
