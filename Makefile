# `make` alone says what there is.
.DEFAULT_GOAL := help
.PHONY: help run test test-all faults faults-full soak check bench migrate lock up down scale

python := .venv/bin/python

help: ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

run: ## start everything on this machine: http://127.0.0.1:8000 (the first time it makes .venv)
	@sh deploy/bootstrap.sh run && exec .venv/bin/kiosque run --with-parent

test: ## run the tests
	@sh deploy/bootstrap.sh dev && exec $(python) -m pytest -q -m "not slow" $(ARGS)

test-all: ## run the slow tests too
	@sh deploy/bootstrap.sh dev && exec $(python) -m pytest -q $(ARGS)

faults: ## inject every fault of the list, its time-outs scaled: a quarter of an hour
	@sh deploy/bootstrap.sh dev && exec $(python) -m pytest -q --numprocesses 3 tests/faults $(ARGS)

faults-full: ## the same with its time-outs unscaled: hours
	@sh deploy/bootstrap.sh dev && exec env KIOSQUE_FAULTS=full $(python) -m pytest -q tests/faults $(ARGS)

soak: ## kill processes at random for half an hour: nothing lost, nothing twice (ARGS="--database postgresql")
	@sh deploy/bootstrap.sh dev && exec $(python) -m tests.soak $(ARGS)

check: ## run ruff, mypy and import-linter
	@sh deploy/bootstrap.sh dev
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: ## measure; make bench ARGS="speed --rounds 3" for one file of bench/
	@sh deploy/bootstrap.sh dev && exec $(python) -m bench $(ARGS)

migrate: ## bring the database to the newest tables
	@sh deploy/bootstrap.sh run && exec .venv/bin/kiosque migrate

lock: ## pin what pyproject.toml asks for, with hashes; make lock ARGS=--upgrade for newer versions
	@sh deploy/bootstrap.sh run
	@$(python) -I -m pip install --quiet --disable-pip-version-check uv
	@for line in "run --extra=all pyproject.toml" "s3 --extra=s3 --constraints=requirements/run.txt pyproject.toml" \
		"dev --extra=dev --constraints=requirements/s3.txt pyproject.toml" "image --group=image"; do \
		set -- $$line; name=$$1; shift; \
		$(python) -I -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
			--no-annotate --no-header $(ARGS) --output-file requirements/$$name.txt "$$@" || exit 1; \
	done

up: ## start everything in containers
	@exec docker compose up --build --detach $(ARGS)

down: ## stop the containers; what they keep stays
	@exec docker compose down $(ARGS)

scale: ## more containers of a worker until the next `make up`: make scale parser=4 translator=2 (to keep: .env)
	@exec docker compose up --detach --no-recreate $(addprefix --scale ,$(filter-out ARGS=%,$(MAKEOVERRIDES)))
