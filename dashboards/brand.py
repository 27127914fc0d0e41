"""The product's name and sign, as Streamlit is given them at every rerun."""

from base64 import b64encode
from pathlib import Path

NAME = "风清 Fengqing"
# As text: the path of a file would be looked for and read at every rerun.
ICON = "data:image/png;base64," + b64encode(
    (Path(__file__).parent / "static" / "icon.png").read_bytes()
).decode("ascii")
