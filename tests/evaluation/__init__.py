"""Tests of the evaluation of designers: its suite, its properties, its command."""
