module cognate/tools/metrics

go 1.26.8
