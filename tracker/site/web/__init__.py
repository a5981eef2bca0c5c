"""The HTTP service: the published tree, questions about it, and the page. Reads only.

Nothing of `.state/` is served as a file. Starlette and uvicorn come with the extra `serve`.
"""
