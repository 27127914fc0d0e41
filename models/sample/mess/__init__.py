"""The mess of real files: injectors of the defects D01–D40, and the record of what was injected."""
