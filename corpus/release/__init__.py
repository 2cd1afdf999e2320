"""A corpus leaves the tool: checked, and with its papers."""
