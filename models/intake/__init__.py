"""From any received file to judged rows."""
