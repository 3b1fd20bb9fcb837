"""`python -m services.scheduler`."""

from services.scheduler.loop import main
from shared.app import make_app
from shared.logs import configure_logs

if __name__ == "__main__":
    configure_logs()
    make_app()
    main()
