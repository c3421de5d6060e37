package arguments

import (
	"cmp"
	"slices"
	"strings"
)

// Bounds on what is offered instead of a word that is wrong.
const (
	maxOffers  = 3
	similarity = 0.8 // from 0, nothing in common, to 1, the same
)

// closest returns the choices most similar to a word, best first.
func closest(word string, choices []string) []string {
	type scored struct {
		choice string
		score  float64
	}
	var all []scored
	for _, choice := range choices {
		choice = strings.TrimSpace(choice)
		if score := ratio(choice, word); score >= similarity {
			all = append(all, scored{choice, score})
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.choice, a.choice))
	})
	var names []string
	for _, s := range all[:min(len(all), maxOffers)] {
		names = append(names, s.choice)
	}
	return names
}

// ratio is the similarity of two words: twice the characters in common over all characters.
// Source: J. W. Ratcliff and D. E. Metzener, "Pattern Matching: The Gestalt Approach", 1988.
func ratio(a, b string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	return 2 * float64(inCommon(a, b)) / float64(len(a)+len(b))
}

// inCommon counts the longest common substring, and those left and right of it.
func inCommon(a, b string) int {
	startA, startB, length := longestCommon(a, b)
	if length == 0 {
		return 0
	}
	return length + inCommon(a[:startA], b[:startB]) + inCommon(a[startA+length:], b[startB+length:])
}

// longestCommon finds the first longest common substring.
func longestCommon(a, b string) (startA, startB, length int) {
	for i := range a {
		for j := range b {
			n := 0
			for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] {
				n++
			}
			if n > length {
				startA, startB, length = i, j, n
			}
		}
	}
	return startA, startB, length
}
