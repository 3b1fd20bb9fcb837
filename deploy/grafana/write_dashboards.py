"""`python -m deploy.grafana.write_dashboards [FOLDER]`: write Grafana's dashboards, pipeline and sources."""

import sys
from pathlib import Path

from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.builders.common import StackingConfig
from grafana_foundation_sdk.builders.dashboard import Dashboard, QueryVariable, Row
from grafana_foundation_sdk.builders.table import Panel as Table
from grafana_foundation_sdk.builders.timeseries import Panel as Lines
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import StackingMode
from grafana_foundation_sdk.models.dashboard import DataSourceRef, VariableRefresh
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

FOLDER = Path(__file__).parent / "dashboards"
_SOURCE = DataSourceRef(type_val="prometheus", uid="prometheus")

# `max by` everywhere: two schedulers tell the same numbers.
_BY_STAGE, _BY_SOURCE = "service, stage", "source"
_SILENCE = "time() - max by (source, language) (kiosque_last_article_timestamp_seconds{source=~'$source'})"


def lines(title: str, unit: str, *queries: tuple[str, str], stacked: bool = False, description: str = "") -> Lines:
    """A panel of lines over time; a query is an expression and its legend."""
    panel = Lines().title(title).description(description).unit(unit).min(0).span(12).height(8).datasource(_SOURCE)
    for place, (expression, legend) in enumerate(queries):
        query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id("ABCDEFGH"[place]).range()
        panel = panel.with_target(query)
    if stacked:
        panel = panel.fill_opacity(30).stacking(StackingConfig().mode(StackingMode.NORMAL))
    return panel


def table(title: str, unit: str, expression: str, description: str = "") -> Table:
    """A panel with a row for each series as it is now."""
    query = prometheus.Dataquery().expr(expression).ref_id("A").instant().format(PromQueryFormat.TABLE)
    return (
        Table().title(title).description(description).unit(unit).span(12).height(9).datasource(_SOURCE)
        .with_target(query)
    )  # fmt: skip


def _dashboard(uid: str, title: str) -> Dashboard:
    return Dashboard(title).uid(uid).tags(["kiosque"]).time("now-6h", "now").refresh("30s").timezone("utc").readonly()


def pipeline() -> Dashboard:
    """How the work goes: what waits, how fast it is done, what fails, what the queues hold."""
    made = _dashboard("kiosque-pipeline", "Kiosque: pipeline")
    rows = {"Work": _work(), "Failures": _failures(), "Parts": _parts()}
    for title, panels in rows.items():
        made = made.with_row(Row(title))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def _work() -> list[Lines | Table]:
    waits = f"max by ({_BY_STAGE}, state) (kiosque_rows{{state=~'due|running'}})"
    done = f"max by ({_BY_STAGE}) (rate(kiosque_attempts_total{{outcome='done'}}[$__rate_interval])) * 60"
    buckets = f"max by ({_BY_STAGE}, le) (rate(kiosque_work_seconds_bucket[$__rate_interval]))"
    mean = (
        f"max by ({_BY_STAGE}) (rate(kiosque_work_seconds_sum[$__rate_interval]))"
        f" / max by ({_BY_STAGE}) (rate(kiosque_work_seconds_count[$__rate_interval]))"
    )
    settled = f"max by ({_BY_STAGE}, state) (kiosque_rows{{state=~'done|waiting'}})"
    return [
        lines("Rows to be done", "short", (waits, "{{stage}} {{state}}"), stacked=True),
        lines("Oldest due", "s", (f"max by ({_BY_STAGE}) (kiosque_oldest_due_seconds)", "{{stage}}")),
        lines("Done a minute", "short", (done, "{{stage}}")),
        lines("Rows whose time has come", "short", (f"max by ({_BY_STAGE}) (kiosque_overdue_rows)", "{{stage}}")),
        lines("Seconds of work, 95 in 100 take less", "s", (f"histogram_quantile(0.95, {buckets})", "{{stage}}")),
        lines("Seconds of work, mean", "s", (mean, "{{stage}}")),
        lines("Settled rows", "short", (settled, "{{stage}} {{state}}")),
    ]  # fmt: skip


def _failures() -> list[Lines | Table]:
    aside = f"max by ({_BY_STAGE}, reason) (increase(kiosque_attempts_total{{outcome='set_aside'}}[$__rate_interval]))"
    retried = f"max by ({_BY_STAGE}, reason) (increase(kiosque_attempts_total{{outcome='retry'}}[$__rate_interval]))"
    today = f"max by ({_BY_STAGE}, outcome, reason) (increase(kiosque_attempts_total[24h])) > 0"
    expired = f"max by ({_BY_STAGE}) (increase(kiosque_lease_expiries_total[$__rate_interval]))"
    again = "max by (queue) (increase(kiosque_messages_published_again_total[$__rate_interval]))"
    return [
        lines("Set aside, by reason", "short", (aside, "{{stage}} {{reason}}")),
        lines("Tried again, by reason", "short", (retried, "{{stage}} {{reason}}")),
        lines("Rows set aside", "short", (f"max by ({_BY_STAGE}) (kiosque_rows{{state='set_aside'}})", "{{stage}}")),
        lines("Leases that ran out", "short", (expired, "{{stage}}"), description="Workers that died or hung."),
        table("Attempts of 24 hours, by outcome and reason", "short", today),
        lines(
            "Messages", "short",
            ("max by (queue) (increase(kiosque_bad_messages_total[$__rate_interval]))", "{{queue}}: bad"),
            (again, "{{queue}}: sent again"),
        ),
    ]  # fmt: skip


def _parts() -> list[Lines | Table]:
    jobs = "time() - max by (name) (kiosque_job_success_timestamp_seconds{name=~'dispatch|count|reconcile'})"
    return [
        lines("Messages in the queues", "short", ("max by (queue) (kiosque_queue_messages)", "{{queue}}")),
        lines(
            "Workers", "short",
            ("max by (queue) (kiosque_queue_consumed)", "{{queue}} is read"),
            ("max by (service) (kiosque_service_working)", "{{service}} holds work"),
        ),
        lines(
            "Answers", "short",
            ("min(kiosque_database_up)", "database"), ("min(kiosque_broker_up)", "Redis"),
            ("sum(up{job='kiosque'})", "schedulers"),
        ),
        lines("Since the scheduler's jobs ended well", "s", (jobs, "{{name}}")),
        lines("Paused", "short", (f"max by ({_BY_STAGE}) (kiosque_stage_paused)", "{{stage}}")),
        lines("A scrape", "s", ("scrape_duration_seconds{job='kiosque'}", "{{instance}}")),
    ]  # fmt: skip


def sources() -> Dashboard:
    """How each source's news goes: what came, what was dropped and why, how long it has been silent."""
    chosen = (
        QueryVariable("source").label("Source").datasource(_SOURCE)
        .query("label_values(kiosque_source_settled_total, source)")
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED).multi(True).include_all(True).all_value(".*")
    )  # fmt: skip
    made = _dashboard("kiosque-sources", "Kiosque: sources").with_variable(chosen)
    for panel in _of_sources():
        made = made.with_panel(panel)
    return made


def _of_sources() -> list[Lines | Table]:
    of = "source=~'$source'"
    settled = f"max by ({_BY_SOURCE}, outcome) (increase(kiosque_source_settled_total{{{of}}}[$__rate_interval]))"
    drops = f"max by (source, stage, reason) (kiosque_source_drops_total{{{of}}}) > 0"
    share = (
        f"max by ({_BY_SOURCE}) (kiosque_source_settled_total{{{of}, outcome='set_aside'}})"
        f" / sum by ({_BY_SOURCE}) (max by ({_BY_SOURCE}, outcome) (kiosque_source_settled_total{{{of}}}))"
    )
    gap = "max by (source, language) (kiosque_article_gap_{}_seconds{{source=~'$source'}})"
    medians = f"({_SILENCE}) / {gap.format('median')}"
    return [
        lines("Work done and set aside", "short", (settled, "{{source}} {{outcome}}")),
        lines("Silence", "s", (_SILENCE, "{{source}} {{language}}")),
        table(
            "Silence, in gaps of its own", "short", medians, "The alarm SourceSilent asks for 8, among other things."
        ),
        table("Dropped, by stage and reason", "short", drops),
        table("Share of its work that is dropped", "percentunit", share),
        table("Failed polls in a row", "short", f"max by ({_BY_SOURCE}) (kiosque_source_feed_failures{{{of}}})"),
        table("Median gap between two articles", "s", gap.format("median")),
        table("Longest gap of four weeks", "s", gap.format("longest")),
    ]


def written() -> dict[str, str]:
    """The text of each file, by its name."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    dashboards = {"pipeline.json": pipeline(), "sources.json": sources()}
    return {name: encoder.encode(made.build()) + "\n" for name, made in dashboards.items()}


def main(folder: Path) -> None:
    """Write them into a folder."""
    for name, text in written().items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
