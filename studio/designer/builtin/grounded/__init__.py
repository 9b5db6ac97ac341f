"""The second way to read a request: from what the catalog can do, rather than from how people phrase it.

A request is cut into phrases; each is scored for what it may be (a deed of some tool, a condition on some field, a
question to somebody, a wait, a mishap, or nothing at all); the whole is put together from the best of them. The plain
reading and this one each become a draft, and `weighing` says which of them accounts for more of what was said.
"""
