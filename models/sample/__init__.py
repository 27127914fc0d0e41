"""A fictitious nation of societies, and the mess real files have."""
