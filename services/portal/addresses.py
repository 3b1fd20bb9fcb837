"""The parts that the portal's addresses are made of."""

from shared.languages import LANGUAGES

#: /fr, /ar, … : every page is in one edition.
EDITION = f"/<any({', '.join(LANGUAGES)}):language>"
#: Up to the largest id that the databases hold: a larger number is no address, instead of an error of the database.
ID = "int(max=9223372036854775807)"
