"""The dashboard's own themes: a calm one, and one whose colours most eyes tell apart.

Beside them stand Textual's; its `ansi-dark` and `ansi-light` are the terminal's own 16 colours. No
theme is needed to tell states apart: each has a glyph and a word.
"""

from dataclasses import replace

from textual.theme import BUILTIN_THEMES, Theme

_QUIET = {
    "block-cursor-background": "#24405c",
    "block-cursor-foreground": "#e6ecf4",
    "block-cursor-text-style": "none",
    "block-cursor-blurred-background": "#1e2c3c",
    "footer-background": "#1d2530",
    "border": "#2c3846",
    "text-muted": "#8793a3",
    "text-disabled": "#5a6573",
}
"""What lies behind, and what is not to be looked at first."""

CALM = Theme(
    name="graftui",
    dark=True,
    primary="#7fb4f0",
    secondary="#b49ae0",
    accent="#5fd0b0",
    warning="#e0b364",
    error="#ee7b78",
    success="#86c987",
    variables={**_QUIET, "footer-key-foreground": "#5fd0b0"},
    foreground="#c9d1dc",
    background="#10141a",
    surface="#141a22",
    panel="#1d2530",
)
SAFE = replace(
    CALM,
    name="okabe-ito",
    primary="#cc79a7",
    secondary="#e69f00",  # purple would be the grey of what is quiet to some
    accent="#56b4e9",
    warning="#f0e442",
    error="#d55e00",
    success="#009e73",
    variables={**_QUIET, "footer-key-foreground": "#56b4e9"},
)
"""Colours of M. Okabe and K. Ito, Color Universal Design (2002), https://jfly.uni-koeln.de/color/,
that people with any of the common kinds of colour blindness tell apart: reddish purple, orange, sky
blue, yellow, vermilion, bluish green. Their blue and black are too dark for this ground.
"""
TERMINAL = replace(
    BUILTIN_THEMES["ansi-dark"],
    name="terminal",
    warning="ansi_yellow",
    secondary="ansi_magenta",
    accent="ansi_cyan",
    variables={
        **BUILTIN_THEMES["ansi-dark"].variables,
        # A ground of its own would hide one colour or another: in some terminal each is that.
        "block-cursor-background": "ansi_default",
        "block-cursor-foreground": "ansi_default",
        "block-cursor-text-style": "reverse",
        "block-cursor-blurred-background": "ansi_default",
        "block-cursor-blurred-foreground": "ansi_default",
        "block-cursor-blurred-text-style": "reverse",
    },
)
"""The terminal's own 16 colours and ground, light or dark."""
OURS = (CALM, SAFE, TERMINAL)
