"""Charts and matrices as figures for a paper: PDF, SVG and PNG, by matplotlib (extra `figures`).

They are drawn from the values that the terminal draws. The same figure is the same bytes: no dates,
no random ids. Text stays text: TrueType in PDF (type 42), text elements in SVG.
"""
