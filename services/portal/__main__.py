"""`python -m services.portal`."""

from services.portal.serve import main
from shared.errors import KiosqueError
from shared.logs import configure_logs

if __name__ == "__main__":
    try:
        configure_logs()
        main()
    except KiosqueError as error:
        raise SystemExit(f"kiosque: {error}") from error
