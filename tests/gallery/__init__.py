"""Pictures of the real thing, light and dark: ``./weft gallery`` starts an installation, uses it, and takes them."""
