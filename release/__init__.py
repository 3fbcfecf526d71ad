"""`make release`: makes everything that a release consists of, and refuses what is not ready. docs/releasing.md.

changelog.py   what the changelog says of a version
shipped.py     the software of others that comes with OmeFree, and their licences
sbom.py        the bill of materials, CycloneDX
packages.py    the sdist, and the wheel made from it
sums.py        the hashes of the files
errors.py      what is not ready
"""
