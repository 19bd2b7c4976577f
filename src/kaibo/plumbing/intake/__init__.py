"""
Spreadsheets in and out (导入导出): files as people and platforms really write them.

For everybody who brings a file: a bad row never blocks a good one and is never lost (quarantine 隔离), the same file
twice changes nothing, and a run that was killed goes on where it stopped. A stage says *what* it accepts as an
`ImportKind` (`kinds.py`) and what it gives as an `ExportKind`; this package knows *how* (DESIGN §5, ORD-7).
"""
