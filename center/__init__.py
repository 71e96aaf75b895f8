"""The command centre: a Django project, its ingest, worker and command line."""
