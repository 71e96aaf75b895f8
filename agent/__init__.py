"""The edge agent: measures, keeps, and hands on what a site has to say."""

import sys

# msgspec and paho use `typing_extensions` when it happens to be installed, and do as well without: half a MiB of a
# daemon that counts them. It looks absent while msgspec is imported, which happens here and nowhere earlier.
if "msgspec" not in sys.modules and "typing_extensions" not in sys.modules:
    sys.modules["typing_extensions"] = None  # type: ignore[assignment]  # importlib reads None as "not installed"
    try:
        import msgspec as _msgspec  # noqa: F401
    finally:
        del sys.modules["typing_extensions"]
