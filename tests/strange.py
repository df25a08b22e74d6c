"""Values of every kind that JSON can say, and some that it should not."""

from hypothesis import strategies as st

_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([10**400, -(10**21), 2**63, -1, 0, 1e300, -0.5])
    | st.floats()
    | st.text(st.characters(codec=None), max_size=8)
    | st.sampled_from(["\ud800", "finished", "x" * 30_000, "", "1", "inf"])
)
VALUES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text(st.characters(codec=None), max_size=4), inner, max_size=2)
    ),
    max_leaves=5,
)
