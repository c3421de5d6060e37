module cognate/tools/rolling

go 1.26.8
