"""Facts to one figure a society, year and indicator, in SQL."""
