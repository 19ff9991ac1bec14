# `make` alone tells what there is. The work of `install` is in tools/bootstrap.sh.
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
BIN := .venv/bin
FILM ?=
SUITE ?=
# Bytecode is kept, or each of the processes would compile all tests anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -p tests.suite_times \
	-n auto --dist loadfile --no-loadscope-reorder
DOCS_ENV := NO_MKDOCS_2_WARNING=1

.DEFAULT_GOAL := help
.PHONY: help install environment models demo demo-home test torture lint types style format bench docs clean

help: ## this text
	@echo "Yingbi: find people in film and pictures, mask, seal, release, prove."
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)$$/  make \1@\2/p' $(MAKEFILE_LIST) | \
		while IFS=@ read -r name what; do printf '%-16s %s\n' "$$name" "$$what"; done
	@echo
	@echo "Start with: make demo"

environment:
	@tools/bootstrap.sh venv
	@tools/bootstrap.sh libraries

install: environment models ## make .venv/, the libraries and the networks; the command is .venv/bin/yingbi
	@echo "Ready: $(BIN)/yingbi --help"

models: environment ## fetch and check the networks of the manifest
	@tools/bootstrap.sh models

demo: install ## tell the whole story on a sample film, or on yours: make demo FILM=path
	@tools/bootstrap.sh demo
	@$(BIN)/python tools/demo.py $(if $(FILM),"$(FILM)")

demo-home: install ## from a fall to an event, a notice and a day on one page; or FILM=path
	@tools/bootstrap.sh demo
	@$(BIN)/python tools/demo_home.py $(if $(FILM),"$(FILM)")

test: install lint ## lint, then all tests; the time of each file is printed
	@tools/bootstrap.sh tools
	@tools/bootstrap.sh all-models
	$(PYTEST) -m "not torture" $(ARGS)

torture: install ## the long tests with their full counts
	@tools/bootstrap.sh tools
	@tools/bootstrap.sh all-models
	$(PYTEST) -rP -m torture $(ARGS)

lint: environment ## style, types, floors of the house, spelling, docs
	@$(BIN)/python tools/package_data.py
	@$(MAKE) -j 2 --output-sync types docs style

types:
	$(BIN)/mypy

style:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell -L makr,ue,alph src tests/*.py tools docs/en .ci Makefile *.md

format: environment ## let ruff write the code as `make lint` wants it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install ## measure all, or one suite: make bench SUITE=vault
	@$(BIN)/python -m yingbi.bench $(SUITE)

docs: environment ## build the pages of both languages into site/
	@$(DOCS_ENV) $(BIN)/mkdocs build --strict --quiet -f docs/mkdocs.en.yml
	@$(DOCS_ENV) $(BIN)/mkdocs build --strict --quiet -f docs/mkdocs.zh.yml

clean: ## remove what was made; networks and vaults stay
	rm -rf .venv .bootstrap site demo-out demo-home-out dist .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	rm -rf src/yingbi/standard/data src/yingbi/locale/*/LC_MESSAGES/*.mo
	find src tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
