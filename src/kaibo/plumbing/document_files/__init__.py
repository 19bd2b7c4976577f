"""Documents to send on, as Word and as PDF, written from the same blocks: headings, paragraphs, tables, pictures."""
