"""The HTTP service: the published tree, queries about it, and the pages. It only reads.

Files in `.state/` are never served. Starlette and uvicorn come with the extra `serve`.
"""
