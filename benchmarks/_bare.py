"""The bare page that the dashboard is measured beside: a title, a choice, a table; run by `streamlit run`."""

import streamlit as st

CHOICES = [f"{n}" for n in range(1, 13)]
ROWS = 20

st.title("Bare")
chosen = st.selectbox("choice", CHOICES, key="choice")
st.html(f'<p class="chosen">{chosen}</p>')
st.dataframe({"n": list(range(ROWS)), "times": [n * int(chosen) for n in range(ROWS)]})
