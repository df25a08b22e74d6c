"""Imported last by what is forked: what is there by now is left alone by a child's collector of
garbage, which would copy all of its pages.
"""

import gc

gc.collect()
gc.freeze()
