"""What the pages share: engines, state, pictures and views. The only code beside the pages that imports streamlit."""
