"""What schemathesis cannot know from openapi.json alone; scripts/schemathesis has it loaded."""
import datetime

import schemathesis
from hypothesis import strategies as st

LABEL = st.from_regex(r"[a-z0-9]{1,20}", fullmatch=True)
HOST = st.one_of(
    st.builds("{}.{}.example".format, LABEL, LABEL),
    st.sampled_from(["WWW.Google.com", "bücher.example", "例え.テスト", "my_site.example", "127.1", "0x7f000001", "[::1]"]),
)
PORT = st.one_of(st.just(""), st.integers(0, 65535).map(":{}".format))
ANYTHING = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=40)
REST = st.one_of(st.just(""), st.builds("{}{}".format, st.sampled_from("/?#\\"), ANYTHING))
SPACE = st.text("\t\n\f\r ", max_size=2)

# The addresses that a browser takes: no pattern has them all and no others.
schemathesis.openapi.format(
    "http-url",
    st.builds(
        "{}{}{}{}{}{}{}".format,
        SPACE, st.sampled_from(["http:", "HTTPS:"]), st.sampled_from(["//", "", "/", "\\\\"]), HOST, PORT, REST, SPACE,
    ),
)

# The date-times that a link may come with: from 1970 to now, which the description can say in words only.
schemathesis.openapi.format(
    "date-time",
    st.builds(
        "{}{}".format,
        st.datetimes(datetime.datetime(1970, 1, 2), datetime.datetime(2025, 1, 1)).map(datetime.datetime.isoformat),
        st.sampled_from(["Z", "-00:00", "+23:59", "-11:30"]),
    ),
)


@schemathesis.hook
def filter_case(context, case):
    """Beside link, limit and cursor are ignored, right or wrong, which the description can say in words only."""
    query = case.query or {}
    return "link" not in query or query.keys().isdisjoint({"limit", "cursor"})
