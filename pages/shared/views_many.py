"""One request over several pictures: one table and one file of all of it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.shared.state import Exchange
from pages.shared.texts import count
from pages.shared.views_answer import COLUMNS, table_of, without_empty

PICTURE = {"picture": st.column_config.TextColumn("Picture", pinned=True)}


def together(exchange: Exchange) -> None:
    """How much was found on how many pictures, the table of all objects, and its CSV."""
    tables = []
    for part in exchange.parts:
        if part.picture is not None and (part.shown or part.turn).detections.items:
            table = table_of(part.shown or part.turn, part)
            table.insert(0, "picture", part.picture.name)
            tables.append(table)
    found = sum(len(table) for table in tables)
    st.markdown(f"**{count(found, 'object')} on {len(tables)} of {count(len(exchange.parts), 'picture')}**")
    if not tables:
        return
    where = [f"{table['picture'].iloc[0]} ({len(table)})" for table in tables]
    without = len(exchange.parts) - len(tables)
    rest = f"; nothing on the other {count(without, 'picture')}" if without else ""
    st.text(f"Found on {', '.join(where)}{rest}.")
    table = pd.concat(tables, ignore_index=True)
    st.dataframe(
        without_empty(table), hide_index=True, column_config=PICTURE | COLUMNS, key=f"together-{exchange.id}",
        alt="Table of the objects found on all pictures",
    )  # fmt: skip
    st.download_button(
        "This table (CSV)", lambda: table.to_csv(index=False).encode(), "objects.csv", "text/csv",
        key=f"together-csv-{exchange.id}", on_click="ignore", type="tertiary", icon=":material/download:",
    )  # fmt: skip
