"""The workbench without a browser: engines measure, policies decide. Nothing in here imports Streamlit."""
