# Two commands do all the set-up: `make demo` runs the main job, `make test` passes the tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

NEEDED := tshark=tshark tesseract-ocr=tesseract libarchive13=lib:archive libmagic1=lib:magic curl=curl python3-venv=py:ensurepip
NEEDED_FOR_TESTS := tmux=tmux openssl=openssl espeak-ng=espeak-ng p7zip-full=7z ffmpeg=ffmpeg
# Real speech and music, and manuals in several languages; installed for the bench alone, never committed.
SOUNDS := /usr/share/asterisk/sounds
NEEDED_FOR_BENCH := asterisk-core-sounds-en-wav=$(SOUNDS)/en_US_f_Allison asterisk-core-sounds-es-wav=$(SOUNDS)/es_MX_f_Allison \
	asterisk-core-sounds-fr-wav=$(SOUNDS)/fr_CA_f_June asterisk-moh-opsound-wav=/usr/share/asterisk/moh \
	ktuberling-data=/usr/share/ktuberling vim-runtime=/usr/share/vim libchromaprint-tools=fpcalc
# The peer of the network bench, and what makes its namespaces.
NEEDED_FOR_NETWORK_BENCH := tcpflow=tcpflow ethtool=ethtool iproute2=ip
# The peer of the file bench, and what makes its namespace with few watches.
NEEDED_FOR_FILES_BENCH := inotify-tools=inotifywait util-linux=unshare
# The clients and servers of the recall bench that are no part of the tests.
NEEDED_FOR_RECALL_BENCH := lftp=lftp netcat-openbsd=nc smbclient=smbclient samba=smbd iodine=iodine iproute2=ip

# What reads packets, in the form of this machine; sources that are new or newer have it made again.
COMPILED := forensics/wire/__pycache__/.compiled

.PHONY: demo test test-slow lint bench bench-audio bench-text bench-files bench-opening bench-inversion bench-inference bench-network \
	bench-network-recall bench-identifiers bench-pictures bench-reload bench-returns bench-rules bench-store bench-tui \
	soak soak-audio soak-store samples clean

demo: $(VENV)/.ready-demo $(COMPILED)
	$(BIN)/earwitness demo

test: $(VENV)/.ready-dev lint $(COMPILED)
	$(BIN)/pytest -n 2 --dist worksteal -m "not slow"

# The tests that mostly wait, and those of validators that are no part of the set-up and skip where they are absent.
test-slow: $(VENV)/.ready-dev $(COMPILED)
	$(BIN)/pytest -n 2 -m slow

lint: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: bench-audio bench-text

bench-text: $(VENV)/.ready-bench
	$(BIN)/python -m tests.benchmarks.bench_text
	$(BIN)/python -m tests.benchmarks.bench_text_ways

bench-audio: $(VENV)/.ready-bench
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_audio

# As root, for it mounts a file system on a folder of its own and takes it away again.
bench-files: $(VENV)/.ready-bench-files
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_files

# Kills the monitor a thousand times in a storm of files and proves from the store that nothing was lost or doubled.
soak: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks.soak_files

# Bombs, damaged files of every format, and other projects' odd files where CORPUS names folders or source packages.
bench-opening: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks.bench_opening $(foreach place,$(CORPUS),--corpus $(place))

bench-inversion: $(VENV)/.ready-bench
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_inversion

# Identifiers planted in every carrier, and packages that hold none.
bench-identifiers: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks.bench_identifiers

# Registered pictures after what people do to pictures, and other screens of the same layouts.
bench-pictures: $(VENV)/.ready-dev
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_pictures

# 2,000 rules that change under a pool at work.
bench-reload: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks.bench_reload

# A day of 10,000 returns with 20 leaks among them, through pipeline, triage and store.
bench-returns: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks.bench_returns

# A pack of 100 rules on 1,000 cases.
bench-rules: $(VENV)/.ready-dev
	$(BIN)/python -m tests.benchmarks.bench_trials

# Builds a store of ROWS rows in .bench-cache, which takes minutes for a million, and asks questions of it.
bench-store: $(VENV)/.ready-bench
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_store $(if $(ROWS),--rows $(ROWS))

# A million alerts, which take minutes to record, in .bench-cache; the console is measured on a terminal of its own.
bench-tui: $(VENV)/.ready-bench
	$(BIN)/python -m tests.benchmarks.bench_tui $(if $(ALERTS),--alerts $(ALERTS))

# Needs root, for it makes network namespaces.
bench-network: $(VENV)/.ready-dev $(COMPILED)
	@.ci/system-packages $(NEEDED_FOR_NETWORK_BENCH)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_network

# Needs the right to capture on the loopback, and to hear of openings of files (CAP_SYS_ADMIN).
bench-inference: $(VENV)/.ready-dev $(COMPILED)
	$(BIN)/python -m tests.benchmarks.bench_inference

# Needs root, for it captures on the loopback and makes network namespaces.
bench-network-recall: $(VENV)/.ready-dev $(COMPILED)
	@.ci/system-packages $(NEEDED_FOR_RECALL_BENCH)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.bench_network_recall

# Listens to half an hour of packets of speech with clips planted in it, many times as fast as it is spoken.
soak-audio: $(VENV)/.ready-bench $(COMPILED)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks.soak_audio --minutes 30

# Kills writers of the store, and cuts the power under one as strace saw its writes; nothing that was said may be lost.
soak-store: $(VENV)/.ready-dev
	@.ci/system-packages strace=strace
	$(BIN)/python -m tests.benchmarks.soak_store

# Makes the committed samples anew: voices and packages, then the recorded captures.
samples: $(VENV)/.ready-dev
	$(BIN)/python samples/make.py
	$(BIN)/python samples/record.py

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .bench-cache

$(COMPILED): $(wildcard forensics/wire/*.py) | $(VENV)/.ready-demo
	@$(BIN)/python -m forensics.wire.compiled
	@touch $@

$(VENV)/.ready-demo: pyproject.toml
	@PYTHON=$(PYTHON) .ci/system-packages $(NEEDED)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo]'
	@touch $@

$(VENV)/.ready-dev: pyproject.toml
	@PYTHON=$(PYTHON) .ci/system-packages $(NEEDED) $(NEEDED_FOR_TESTS)
	@.ci/system-packages chromium=chromium || echo "no chromium to be had: the test of the console in a browser is skipped"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[demo,serve,dev]'
	@touch $@ $(VENV)/.ready-demo

$(VENV)/.ready-bench: $(VENV)/.ready-dev
	@.ci/system-packages $(NEEDED_FOR_BENCH)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@touch $@

$(VENV)/.ready-bench-files: $(VENV)/.ready-dev
	@.ci/system-packages $(NEEDED_FOR_FILES_BENCH)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench-files]'
	@touch $@
