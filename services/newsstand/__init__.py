"""The bundled press: four small papers of our own, served on loopback."""
