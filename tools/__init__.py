"""Tools for the people who build Kaibo: house lints, missing translations, front-end files."""
