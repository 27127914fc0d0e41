"""What the project promises to do in time and memory, measured: `python -m benchmarks [NAME …]`.

A benchmark is a module here whose name has no leading underscore; putting the file in place registers it. It
has a `run(meter)`, see `_measure.Meter`, or a function of the module's own name that gives a dict of figures
(true or false under `meets`: promises).
"""
