"""The evidence pack of a camera: pictures with their proofs, and the script that checks them offline."""
