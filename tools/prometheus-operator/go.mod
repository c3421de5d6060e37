// This module only fixes the version of the Prometheus Operator, whose resource definitions scripts/packages.sh checks the chart with.
// The tool is its smallest program.
module cognate/tools/prometheus-operator

go 1.26.8

tool github.com/prometheus-operator/prometheus-operator/example/alertmanager-webhook

require github.com/prometheus-operator/prometheus-operator v0.85.0 // indirect
