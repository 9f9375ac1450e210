"""The bodies of answers, as the document of the API shows them.

Answers are made as plain JSON; the tests hold what every route says against these types.
A member that is not always there is UNSET by default.
"""
