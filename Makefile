# What there is to do here; each target sees first to the Debian packages that it needs.
FILES =
CYCLES = 50
EXAMPLES = 60
KILLS = 100

.SILENT:
.PHONY: help demo test disclosure service crash bench build deb format lint clean

help:
	echo 'make demo [FILES=folder]   make the vault of a fictional county and show it, with your own files if you like'
	echo 'make test                  run all tests'
	echo 'make disclosure            answer three fictional requests, search what each requester gets, open it elsewhere'
	echo 'make service               let other programs at the HTTP service: schemathesis, a tus client, kills under load'
	echo 'make crash [CYCLES=50]     kill the program at random moments and check the vault each time; WORK=keys:'
	echo '                           rotations, disposals, backups and restores only'
	echo 'make bench                 measure speed, beside other programs'
	echo 'make build                 build the release program'
	echo 'make deb                   make a Debian package of it in ./dist, and test it'
	echo 'make format, make lint     lay the sources out, or check that they are'
	echo 'make clean                 remove what was built'

demo:
	scripts/prepare.sh build age curl
	scripts/demo.sh $(if $(FILES),'$(FILES)')

test:
	scripts/prepare.sh test
	swift test

disclosure:
	scripts/prepare.sh test debootstrap
	scripts/disclosure.sh

service:
	scripts/prepare.sh build curl jq python3-venv
	scripts/service.sh $(EXAMPLES) $(KILLS)

crash:
	scripts/prepare.sh build age $(if $(WORK),sqlite3 xxd)
	scripts/crash.sh $(CYCLES) $(WORK)

bench: build
	scripts/prepare.sh bench
	swift build -c release --product muniment-bench
	bench/run.sh
	bench/http.sh 5
	bench/disclosure.sh
	bench/erase.sh

build:
	scripts/prepare.sh build
	swift build -c release --product muniment
	echo "The program is $$(swift build -c release --show-bin-path)/muniment"

# A build of its own, in .build-deb: with other flags than everyday's, so that no path of this machine is in it.
deb:
	scripts/prepare.sh deb
	package=$$(scripts/deb.sh) && scripts/deb-test.sh "$$package" && scripts/unit-test.sh "$$package"
	echo "The package is in $(CURDIR)/dist"

format:
	scripts/prepare.sh build
	swift format --in-place --recursive Sources Tests bench/harness Package.swift

lint:
	scripts/prepare.sh build shellcheck
	swift format lint --strict --recursive Sources Tests bench/harness Package.swift
	shellcheck scripts/*.sh bench/*.sh .ci/run

clean:
	swift package clean
