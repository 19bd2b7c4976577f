"""Kaibo (开播): a live-commerce team's whole flow, from product selection to retrospective, in one program."""
