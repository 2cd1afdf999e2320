"""Serve: translation over HTTP, for programs that speak LibreTranslate's API and for people with a browser.

Requests of many clients share batches (`batching`); `api` is what programs ask, `app` puts it together,
`server` runs it.
"""
