from press import add_source
from shared.db import write_session
from shared.models import Source, Report
from shared.store.upsert import upsert
import pytest
pytestmark = pytest.mark.usefixtures("database")
def test_x():
    add_source()
    from shared.ledger_models import Host
    with write_session() as s:
        print('HOST', upsert(s, Host, [{"name":"a"}], key=("name",)), upsert(s, Host, [{"name":"a"}], key=("name",)))
    row={"key":"courrier","name":"x","home_url":"","country":"","languages":[],"time_zone":"UTC"}
    with write_session() as s:
        print('SOURCE', upsert(s, Source, [dict(row,key='n')], key=("key",)), upsert(s, Source, [row], key=("key",)))
