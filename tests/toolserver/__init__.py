"""Tests of the designer as MCP tools, with the SDK's client over real HTTP."""
