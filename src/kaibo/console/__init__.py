"""The shell of the web console: base page, navigation, search, home board, components, static files. Knows no table of its own."""
