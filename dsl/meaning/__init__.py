"""What a text means: the names each place may read, what kind of value they have, and when they have one."""
